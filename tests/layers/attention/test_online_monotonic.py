"""Online monotonic alignment against a loop over queries and keys."""

import keras
import numpy as np
import pytest
from keras import ops

from foveal.layers import Dot, Monotonic
from foveal.layers.attention.online_monotonic import (
    chunk_weights,
    gather_rows,
    hard_monotonic_alignment,
    online_alignment,
)

rng = np.random.default_rng(0)


def to_numpy(x):
    return keras.tree.map_structure(ops.convert_to_numpy, x)


def count_iterations(monkeypatch):
    """Run the loop in Python and count its iterations."""
    iterations = []

    def while_loop(condition, body, state):
        while ops.convert_to_numpy(condition(*state)):
            iterations.append(1)
            state = body(*state)
        return state

    monkeypatch.setattr(ops, "while_loop", while_loop)
    return iterations


def align_in_python(accepted, start):
    """Align one example at a time; return the keys and the number of tests."""
    ends, num_tests = np.full(accepted.shape[:2], -1), np.zeros(len(accepted), int)
    for row, key in enumerate(start):
        for query in range(accepted.shape[1]):
            while key < accepted.shape[2]:
                num_tests[row] += 1
                if accepted[row, query, key]:
                    ends[row, query] = key
                    break
                key += 1
    return ends, num_tests


@pytest.mark.parametrize("acceptance_rate", [0.0, 0.2, 0.6, 1.0])
def test_online_alignment_matches_python_loop(acceptance_rate, monkeypatch):
    iterations = count_iterations(monkeypatch)
    accepted = rng.uniform(size=(4, 5, 9)) < acceptance_rate
    start = np.array([0, 0, 3, 9], "int32")
    examples = np.arange(4)

    def accepts(query, key):
        return ops.convert_to_tensor(accepted[examples, to_numpy(query), to_numpy(key)])

    ends = to_numpy(online_alignment(accepts, ops.convert_to_tensor(start), 5, 9))
    expected, num_tests = align_in_python(accepted, start)
    np.testing.assert_array_equal(ends, expected)
    assert len(iterations) == num_tests.max() <= 5 + 9


def test_online_alignment_of_backend_loop_matches_python_loop(monkeypatch):
    accepted = ops.convert_to_tensor(rng.uniform(size=(4, 5, 9)) < 0.2)

    def accepts(query, key):
        return gather_rows(ops.reshape(accepted, (4, 45)), (query * 9 + key)[:, None])[:, 0]

    start = ops.convert_to_tensor(np.array([0, 0, 3, 9], "int32"))
    ends = to_numpy(online_alignment(accepts, start, 5, 9))
    count_iterations(monkeypatch)
    np.testing.assert_array_equal(ends, to_numpy(online_alignment(accepts, start, 5, 9)))


def distribution():
    monotonic = Monotonic(initial_offset=-0.5)
    monotonic.build((2, 4, 7))
    return monotonic


def test_hard_monotonic_alignment_matches_distribution():
    query, key = (rng.normal(size=(2, length, 3)).astype("float32") for length in (4, 7))
    key_mask, query_mask = np.ones((2, 7), bool), np.ones((2, 4), bool)
    key_mask[1, [0, 2]] = query_mask[0, 1] = query_mask[1, 0] = False
    previous = np.eye(7, dtype="float32")[[0, 2]]
    monotonic = distribution()
    mask = query_mask[..., None] & key_mask[:, None]
    alignment = to_numpy(monotonic.align(Dot()(query, key), mask, False, previous))
    expected = np.where(alignment.any(-1), alignment.argmax(-1), -1)
    assert len(np.unique(expected)) > 3
    query, key, query_mask, key_mask, previous = map(
        ops.convert_to_tensor, (query, key, query_mask, key_mask, previous)
    )
    np.testing.assert_array_equal(
        to_numpy(hard_monotonic_alignment(Dot(), monotonic, query, key, query_mask, key_mask, previous)),
        expected,
    )


def test_chunk_weights_are_softmax_of_visible_keys():
    query, key = np.ones((1, 3, 1), "float32"), np.log([[[1.0], [2.0], [3.0], [5.0]]]).astype("float32")
    key_mask, ends = np.array([[True, True, False, True]]), np.array([[3, 0, -1]], "int32")
    query, key, key_mask, ends = map(ops.convert_to_tensor, (query, key, key_mask, ends))
    keys, weights = to_numpy(chunk_weights(Dot(), 3, query, key, key_mask, ends))
    np.testing.assert_array_equal(keys[0, :2], [[3, 2, 1], [0, -1, -2]])
    np.testing.assert_allclose(weights, [[[5 / 7, 0, 2 / 7], [1, 0, 0], [0, 0, 0]]], rtol=1e-6)


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4)])
def test_gather_rows_matches_numpy_indexing(shape):
    tensor = rng.normal(size=(2, 7, 5)).astype("float32")
    index = rng.integers(0, 7, size=shape).astype("int32")
    expected = np.stack([tensor[row][index[row]] for row in range(2)])
    np.testing.assert_array_equal(to_numpy(gather_rows(tensor, ops.convert_to_tensor(index))), expected)

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


def counted(monkeypatch):
    """Runs the loop in Python, and counts its moves."""
    moves = []

    def while_loop(condition, body, state):
        while ops.convert_to_numpy(condition(*state)):
            moves.append(1)
            state = body(*state)
        return state

    monkeypatch.setattr(ops, "while_loop", while_loop)
    return moves


def key_after_key(accepted, start):
    """The same for one example at a time: the keys, and how many questions were asked."""
    ends, asked = np.full(accepted.shape[:2], -1), np.zeros(len(accepted), int)
    for row, key in enumerate(start):
        for query in range(accepted.shape[1]):
            while key < accepted.shape[2]:
                asked[row] += 1
                if accepted[row, query, key]:
                    ends[row, query] = key
                    break
                key += 1
    return ends, asked


@pytest.mark.parametrize("share", [0.0, 0.2, 0.6, 1.0])
def test_stops_where_a_loop_over_queries_and_keys_does_in_as_many_moves(share, monkeypatch):
    moves = counted(monkeypatch)
    accepted = rng.uniform(size=(4, 5, 9)) < share
    start = np.array([0, 0, 3, 9], "int32")
    examples = np.arange(4)

    def accepts(query, key):
        return ops.convert_to_tensor(accepted[examples, to_numpy(query), to_numpy(key)])

    ends = to_numpy(online_alignment(accepts, ops.convert_to_tensor(start), 5, 9))
    expected, asked = key_after_key(accepted, start)
    np.testing.assert_array_equal(ends, expected)
    assert len(moves) == asked.max() <= 5 + 9


def test_a_loop_of_the_backend_stops_where_one_of_python_does(monkeypatch):
    accepted = ops.convert_to_tensor(rng.uniform(size=(4, 5, 9)) < 0.2)

    def accepts(query, key):
        return gather_rows(ops.reshape(accepted, (4, 45)), (query * 9 + key)[:, None])[:, 0]

    start = ops.convert_to_tensor(np.array([0, 0, 3, 9], "int32"))
    ends = to_numpy(online_alignment(accepts, start, 5, 9))
    counted(monkeypatch)
    np.testing.assert_array_equal(ends, to_numpy(online_alignment(accepts, start, 5, 9)))


def distribution():
    part = Monotonic(initial_offset=-0.5)
    part.build((2, 4, 7))
    return part


def test_stops_as_the_distribution_does_given_all_scores():
    query, key = (rng.normal(size=(2, length, 3)).astype("float32") for length in (4, 7))
    seen, counts = np.ones((2, 7), bool), np.ones((2, 4), bool)
    seen[1, [0, 2]] = counts[0, 1] = counts[1, 0] = False
    previous = np.eye(7, dtype="float32")[[0, 2]]
    part = distribution()
    mask = counts[..., None] & seen[:, None]
    alignment = to_numpy(part.align(Dot()(query, key), mask, False, previous))
    expected = np.where(alignment.any(-1), alignment.argmax(-1), -1)
    assert len(np.unique(expected)) > 3
    query, key, counts, seen, previous = map(ops.convert_to_tensor, (query, key, counts, seen, previous))
    np.testing.assert_array_equal(
        to_numpy(hard_monotonic_alignment(Dot(), part, query, key, counts, seen, previous)), expected
    )


def test_a_chunk_has_the_keys_that_are_seen_up_to_its_end_by_their_softmax():
    query, key = np.ones((1, 3, 1), "float32"), np.log([[[1.0], [2.0], [3.0], [5.0]]]).astype("float32")
    seen, ends = np.array([[True, True, False, True]]), np.array([[3, 0, -1]], "int32")
    query, key, seen, ends = map(ops.convert_to_tensor, (query, key, seen, ends))
    keys, weights = to_numpy(chunk_weights(Dot(), 3, query, key, seen, ends))
    np.testing.assert_array_equal(keys[0, :2], [[3, 2, 1], [0, -1, -2]])
    np.testing.assert_allclose(weights, [[[5 / 7, 0, 2 / 7], [1, 0, 0], [0, 0, 0]]], rtol=1e-6)


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4)])
def test_picks_entries_of_each_example_at_its_own_indices(shape):
    tensor = rng.normal(size=(2, 7, 5)).astype("float32")
    index = rng.integers(0, 7, size=shape).astype("int32")
    expected = np.stack([tensor[row][index[row]] for row in range(2)])
    np.testing.assert_array_equal(to_numpy(gather_rows(tensor, ops.convert_to_tensor(index))), expected)

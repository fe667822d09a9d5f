"""Beams: folding into queries, unfolding and repeated memories."""

import keras
import numpy as np
import pytest

from foveal.layers.functional.beams import fold_beams, repeat_rows, unfold_beams

BATCH, BEAMS, HEADS, LENGTH, DIM = 2, 3, 4, 5, 6
X = np.random.default_rng(0).normal(size=(BATCH * BEAMS, LENGTH, DIM)).astype("float32")


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def test_fold_beams_concatenates_rows_of_each_example():
    folded = to_numpy(fold_beams(X, BATCH))
    expected = np.stack([np.concatenate(X[BEAMS * row : BEAMS * (row + 1)]) for row in range(BATCH)])
    np.testing.assert_array_equal(folded, expected)


def test_fold_beams_accepts_masks():
    mask = X[..., 0] > 0
    np.testing.assert_array_equal(to_numpy(fold_beams(mask, BATCH)), mask.reshape(BATCH, -1))


@pytest.mark.parametrize("axis", [1, -2])
def test_unfold_beams_inverts_fold_beams(axis):
    np.testing.assert_array_equal(to_numpy(unfold_beams(fold_beams(X, BATCH), len(X), LENGTH, axis)), X)


@pytest.mark.parametrize("axis", [2, -2])
def test_unfold_beams_keeps_axes_before_queries(axis):
    weights = np.random.default_rng(1).normal(size=(BATCH, HEADS, BEAMS * LENGTH, DIM)).astype("float32")
    unfolded = to_numpy(unfold_beams(weights, BATCH * BEAMS, LENGTH, axis))
    for row, beam in np.ndindex(BATCH, BEAMS):
        queries = slice(beam * LENGTH, (beam + 1) * LENGTH)
        np.testing.assert_array_equal(unfolded[row * BEAMS + beam], weights[row, :, queries])


def test_repeat_rows_repeats_each_example():
    memory = {"key": X[:BATCH], "value": None}
    repeated = repeat_rows(memory, BATCH * BEAMS)
    np.testing.assert_array_equal(to_numpy(repeated["key"]), np.repeat(X[:BATCH], BEAMS, axis=0))
    assert repeated["value"] is None


def test_repeat_rows_of_equal_batch_returns_tensor():
    assert repeat_rows(X, len(X)) is X

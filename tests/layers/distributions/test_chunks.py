import keras
import numpy as np
import pytest

from foveal.layers.distributions.monotonic_alignment import chunkwise_weights

rng = np.random.default_rng(0)
ALIGNMENT = rng.dirichlet(np.ones(5), size=(2, 3)).astype("float32")  # batch, queries, keys
ENERGIES = rng.normal(size=(2, 3, 5)).astype("float32")
MASK = np.array([[[1, 0, 1, 1, 1]], [[1, 1, 1, 0, 0]]], bool)


def found(alignment, *arguments):
    return keras.ops.convert_to_numpy(chunkwise_weights(keras.ops.convert_to_tensor(alignment), *arguments))


def chunk_by_chunk(alignment, energies, mask, size):
    expected = np.zeros(alignment.shape)
    for *row, end in np.ndindex(alignment.shape):
        seen = np.broadcast_to(mask, alignment.shape)[tuple(row)]
        keys = [k for k in range(max(0, end - size + 1), end + 1) if seen[k]]
        shares = np.exp([float(energies[(*row, k)]) for k in keys])
        for key, share in zip(keys, shares, strict=True):
            expected[(*row, key)] += alignment[(*row, end)] * share / shares.sum()
    return expected


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
def test_is_the_mean_of_the_softmaxes_of_all_chunks(size, mask):
    alignment = ALIGNMENT if mask is None else ALIGNMENT * mask
    actual = found(alignment, ENERGIES, mask, size)
    expected = chunk_by_chunk(alignment, ENERGIES, True if mask is None else mask, size)
    np.testing.assert_allclose(actual, expected, atol=1e-6)
    np.testing.assert_allclose(actual.sum(-1), alignment.sum(-1), rtol=1e-5)


def test_a_chunk_of_one_key_is_that_key():
    np.testing.assert_allclose(found(ALIGNMENT, ENERGIES, None, 1), ALIGNMENT, rtol=1e-6)


def test_a_chunk_does_not_vanish_beside_one_with_far_larger_energies():
    energies = np.array([[900.0, 0.0, 0.0, -900.0, -900.0]])
    alignment = np.array([[0.0, 0.0, 0.5, 0.0, 0.5]], "float32")
    actual = found(alignment, energies, None, 2)
    np.testing.assert_allclose(actual, [[0, 0.25, 0.25, 0.25, 0.25]], rtol=1e-6)


def test_a_masked_row_is_zero_wherever_its_walk_stands():
    actual = found(ALIGNMENT, ENERGIES, np.zeros((2, 1, 1), bool), 3)
    np.testing.assert_array_equal(actual, 0)

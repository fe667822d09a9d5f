"""Sinusoidal positions against the formula of Vaswani et al. 2017."""

import math

import keras
import numpy as np
import pytest

from foveal.layers import SinusoidalPositions


def positions(x, **kwargs):
    return keras.ops.convert_to_numpy(SinusoidalPositions()(x, **kwargs))


@pytest.mark.parametrize("dim", [6, 7])
def test_sinusoidal_positions_match_formula_of_paper(dim):
    actual = positions(np.ones((2, 5, dim), "float32"))
    for p in range(5):
        for i in range(dim):
            angle = p / 10_000 ** ((i - i % 2) / dim)
            wave = math.cos(angle) if i % 2 else math.sin(angle)
            np.testing.assert_allclose(actual[:, p, i], 1 + wave, atol=1e-5)


def test_start_matches_slice_of_full_sequence():
    x = np.random.default_rng(0).normal(size=(2, 5, 6)).astype("float32")
    start = keras.ops.convert_to_tensor(3, "int32")
    np.testing.assert_array_equal(positions(x[:, 3:], start=start), positions(x)[:, 3:])


def test_positions_argument_matches_separate_texts():
    x = np.random.default_rng(0).normal(size=(2, 5, 6)).astype("float32")
    row = positions(x, positions=np.array([[0, 1, 2, 0, 1]]))
    np.testing.assert_array_equal(row[:, :3], positions(x[:, :3]))
    np.testing.assert_array_equal(row[:, 3:], positions(x[:, 3:]))


def test_keras_mask_of_inputs_is_propagated():
    embedded = keras.layers.Embedding(5, 4, mask_zero=True)(np.array([[1, 2, 0]]))
    mask = SinusoidalPositions()(embedded)._keras_mask
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(mask), [[True, True, False]])


def test_inputs_of_other_rank_raise():
    with pytest.raises(ValueError, match=r"\(batch, length, dim\)\. Received: inputs\.shape=\(2, 4\)"):
        SinusoidalPositions()(np.zeros((2, 4)))

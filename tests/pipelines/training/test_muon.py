"""Tests of Muon against the singular value decomposition and Adam."""

import keras
import numpy as np
import pytest

from foveal.pipelines.training.muon import Muon

LEARNING_RATE = 0.01


def update(gradient):
    """Return what the first step adds to a variable of zeros."""
    variable = keras.Variable(np.zeros(gradient.shape, "float32"))
    optimizer = Muon(LEARNING_RATE, weight_decay=None, adam_weight_decay=None, adam_lr_ratio=0.5)
    optimizer.build([variable])
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return keras.ops.convert_to_numpy(variable)


@pytest.mark.parametrize("shape", [(5, 7), (7, 5), (3, 2, 4, 5), (1, 1, 4, 9)])
def test_update_of_kernel_is_nearest_orthogonal_matrix(shape):
    gradient = np.random.default_rng(0).normal(size=shape).astype("float32")
    left, _, right = np.linalg.svd(gradient.reshape(-1, shape[-1]), full_matrices=False)
    direction = -update(gradient).reshape(-1, shape[-1]) / (
        LEARNING_RATE * 0.2 * max(len(left), shape[-1]) ** 0.5
    )
    values = np.diag(left.T @ direction @ right.T)
    np.testing.assert_allclose(direction, (left * values) @ right, atol=1e-4)  # the same singular vectors,
    assert ((values > 0.6) & (values < 1.3)).all()  # singular values near 1


def test_update_of_vector_matches_adam():
    gradient = np.array([0.5, -3.0, 0.01], "float32")
    np.testing.assert_allclose(update(gradient), -0.5 * LEARNING_RATE * np.sign(gradient), rtol=1e-3)

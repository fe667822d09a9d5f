import keras
import numpy as np
import pytest

from foveal.pipelines.training.muon import Muon

RATE = 0.01


def update(gradient):
    """What the first step adds to a variable."""
    variable = keras.Variable(np.zeros(gradient.shape, "float32"))
    optimizer = Muon(RATE, weight_decay=None, adam_weight_decay=None, adam_lr_ratio=0.5)
    optimizer.build([variable])
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    return keras.ops.convert_to_numpy(variable)


@pytest.mark.parametrize("shape", [(5, 7), (7, 5), (3, 2, 4, 5), (1, 1, 4, 9)])
def test_a_kernel_goes_along_the_orthogonal_matrix_nearest_to_its_gradient(shape):
    gradient = np.random.default_rng(0).normal(size=shape).astype("float32")
    left, _, right = np.linalg.svd(gradient.reshape(-1, shape[-1]), full_matrices=False)
    turned = -update(gradient).reshape(-1, shape[-1]) / (RATE * 0.2 * max(len(left), shape[-1]) ** 0.5)
    values = np.diag(left.T @ turned @ right.T)
    np.testing.assert_allclose(turned, (left * values) @ right, atol=1e-4)  # the same directions,
    assert ((values > 0.6) & (values < 1.3)).all()  # all of nearly the same size


def test_what_is_no_kernel_learns_by_adam():
    gradient = np.array([0.5, -3.0, 0.01], "float32")
    np.testing.assert_allclose(update(gradient), -0.5 * RATE * np.sign(gradient), rtol=1e-3)

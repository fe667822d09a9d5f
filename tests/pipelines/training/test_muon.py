"""Tests of Muon against the singular value decomposition and Adam."""

import keras
import numpy as np
import pytest

from foveal.layers import MultiHeadAttention
from foveal.pipelines.training.muon import Muon, count_input_axes

LEARNING_RATE = 0.01


def update(gradient, input_axes=None):
    """Return what the first step adds to a variable of zeros."""
    variable = keras.Variable(np.zeros(gradient.shape, "float32"), name="kernel")
    optimizer = Muon(LEARNING_RATE, input_axes, weight_decay=None, adam_weight_decay=None, adam_lr_ratio=0.5)
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


def test_update_without_nesterov_is_orthogonal():
    gradient = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
    variable = keras.Variable(np.zeros((3, 5), "float32"))
    optimizer = Muon(LEARNING_RATE, nesterov=False, weight_decay=None)
    optimizer.build([variable])
    optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), update(gradient), atol=1e-5)


@pytest.mark.parametrize(("shape", "axes"), [((6, 2, 4), 1), ((2, 4, 6), 2), ((2, 3, 4, 5), 2)])
def test_update_of_einsum_kernel_is_that_of_its_matrix(shape, axes):
    gradient = np.random.default_rng(0).normal(size=shape).astype("float32")
    matrix = gradient.reshape(np.prod(shape[:axes]), -1)
    expected = update(matrix).reshape(shape)
    np.testing.assert_allclose(update(gradient, {"kernel": axes}), expected, atol=1e-6)


@pytest.mark.parametrize("attention", [MultiHeadAttention, keras.layers.MultiHeadAttention])
def test_every_projection_of_attention_is_a_matrix(attention):
    query = keras.Input((3, 7))
    model = keras.Model(query, attention(2, 5)(query, query))
    counts = count_input_axes(model)
    optimizer = Muon(LEARNING_RATE, counts)
    optimizer.build(model.trainable_variables)
    uses_adam = [optimizer._should_use_adamw(variable) for variable in model.trainable_variables]
    assert uses_adam == [variable.path.endswith("bias") for variable in model.trainable_variables]
    assert {(tuple(v.shape), counts[v.path]) for v in model.trainable_variables} == {
        ((7, 2, 5), 1),
        ((2, 5, 7), 2),
        ((2, 5), 0),
        ((7,), 0),
    }


def test_einsum_kernel_whose_inputs_do_not_lead_is_not_counted():
    inputs = keras.Input((3, 7))
    layer = keras.layers.EinsumDense("abc,dc->abd", (3, 5))
    assert not count_input_axes(keras.Model(inputs, layer(inputs)))


def test_config_keeps_input_axes():
    assert Muon.from_config(Muon(input_axes={"kernel": 2}).get_config()).input_axes == {"kernel": 2}

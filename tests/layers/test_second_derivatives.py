"""Gradients of gradients of everything with a gradient of its own, against finite differences."""

import importlib

import keras
import numpy as np
import pytest

from foveal.layers import (
    Entmax,
    Entmax15,
    PerHead,
    Sparsemax,
    StraightThrough,
    TopK,
    entmax,
    entmax15,
    sparsemax,
)
from foveal.layers.scores import energy

ops = keras.ops
rng = np.random.default_rng(0)
SCORES = np.array([[1.0, 0.2, -3.0, 0.7], [0.5, 0.5, 0.5, -2.0], [9.0, 0.0, 1.0, -2.0]], "float32")
MASK = np.array([[1, 1, 1, 0], [1, 1, 0, 1], [0, 0, 0, 0]], bool)
FUNCTIONS = {
    "sparsemax": sparsemax,
    "entmax15": entmax15,
    **{f"entmax {a}": lambda z, mask=None, a=a: entmax(z, a, mask) for a in (1.05, 1.8, 2.0)},
}


def gradient(function):
    """Return the gradient of a scalar function of one tensor, which can be differentiated again."""
    backend = keras.backend.backend()
    if backend == "jax":
        return importlib.import_module("jax").grad(function)

    def compute(x):
        if backend == "tensorflow":
            import tensorflow as tf

            with tf.GradientTape() as tape:
                tape.watch(x)
                y = function(x)
            return tape.gradient(y, x, unconnected_gradients="zero")
        torch = importlib.import_module("torch")
        x = x if x.requires_grad else x.requires_grad_()
        return torch.autograd.grad(function(x), x, create_graph=True)[0]

    return compute


def to_numpy(x):
    return keras.ops.convert_to_numpy(x.detach() if keras.backend.backend() == "torch" else x)


def penalty_gradient(function, x):
    """Return the gradient of the sum of squares of the gradient of `sum(function(x) ** 2 * upstream)`."""
    upstream = keras.ops.convert_to_tensor(
        np.random.default_rng(1).normal(size=function(ops.convert_to_tensor(x)).shape).astype("float32")
    )
    first = gradient(lambda x: ops.sum(ops.square(function(x)) * upstream))

    def penalty(x):
        return ops.sum(ops.square(first(x)))

    def penalty_at(x):
        return float(
            (to_numpy(first(ops.convert_to_tensor(x.astype("float32")))).astype("float64") ** 2).sum()
        )

    expected, step = np.zeros_like(x), 2e-3
    for index in np.ndindex(x.shape):
        offset = np.zeros_like(x)
        offset[index] = step
        expected[index] = (penalty_at(x + offset) - penalty_at(x - offset)) / (2 * step)
    return to_numpy(gradient(penalty)(ops.convert_to_tensor(x))), expected


def assert_penalty_gradient_is_exact(function, x):
    actual, expected = penalty_gradient(function, x)
    np.testing.assert_allclose(actual, expected, atol=2e-3 * max(1, np.abs(expected).max()))
    return actual


@pytest.mark.parametrize("mask", [None, MASK], ids=["unmasked", "masked"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_entmax_family_with_ties_and_single_support_is_differentiable_twice(name, mask):
    actual = assert_penalty_gradient_is_exact(lambda z: FUNCTIONS[name](z, mask), SCORES)
    if mask is not None:
        np.testing.assert_array_equal(actual * ~mask, 0)


@pytest.mark.parametrize("alpha", [[[1.4]], [[1.2], [1.5], [1.8]]], ids=["one", "per row"])
def test_entmax_is_differentiable_twice_in_alpha(alpha):
    scores = ops.convert_to_tensor(SCORES)
    assert_penalty_gradient_is_exact(lambda a: entmax(scores, a), np.array(alpha, "float32"))


@pytest.mark.parametrize(
    "distribution", [Sparsemax(), Entmax15(), Entmax(1.3), TopK(2)], ids=lambda x: x.name
)
def test_distribution_is_differentiable_twice(distribution):
    assert_penalty_gradient_is_exact(lambda z: distribution(z[:, None], mask=MASK[:, None])[0], SCORES)


def test_per_head_distributions_are_differentiable_twice():
    distribution = PerHead(["entmax15", "sparsemax", "softmax"])
    assert_penalty_gradient_is_exact(lambda z: distribution(z[None, :, None])[0], SCORES)


def test_straight_through_has_second_derivatives_of_softmax():
    def linear(distribution):
        upstream = ops.convert_to_tensor(np.array([1.0, -2.0, 0.5, 3.0], "float32"))
        first = gradient(lambda z: ops.sum(distribution(z) * upstream))
        return to_numpy(gradient(lambda z: ops.sum(ops.square(first(z))))(ops.convert_to_tensor(SCORES)))

    actual = linear(lambda z: StraightThrough()(z)[0])
    np.testing.assert_allclose(actual, linear(lambda z: ops.softmax(z)), atol=1e-6)


@pytest.mark.parametrize("argument", [0, 1, 2], ids=["query", "key", "v"])
def test_energy_in_tiles_is_differentiable_twice(argument, monkeypatch):
    monkeypatch.setattr(energy, "TILE_SIZE", 4)
    monkeypatch.setattr(energy, "TILE_SIZE_OF_UNKNOWN", 4)
    inputs = [rng.normal(size=shape).astype("float32") for shape in ((1, 3, 1), (1, 2, 1), (1, 1))]

    def compute(x):
        tensors = [ops.convert_to_tensor(tensor) for tensor in inputs]
        tensors[argument] = x
        query, key, v = tensors
        return energy.energy_in_tiles(query, key, v)

    assert_penalty_gradient_is_exact(compute, inputs[argument])

"""Straight-through hard attention: values, gradients against softmax, masks and config."""

import keras
import numpy as np
import pytest

from foveal.layers import StraightThrough, distributions
from foveal.layers.distributions.straight_through import straight_through

SCORES = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
MASK = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]], bool)


def to_numpy(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def linear_loss(context, target, decisions):
    return 3 * context[:, 0]


def test_straight_through_function_has_exact_hard_value():
    hard, soft = (keras.ops.convert_to_tensor(x, "float32") for x in ([1, 0, 0], [0.7, 0.1, 0.2]))
    np.testing.assert_array_equal(to_numpy(straight_through(hard, soft)), [1, 0, 0])


@pytest.mark.parametrize("training", [False, True])
def test_straight_through_selects_mode_in_training_and_inference(training):
    weights, decisions = StraightThrough()(SCORES, training=training)
    np.testing.assert_array_equal(to_numpy(weights), np.eye(4)[SCORES.argmax(-1)])
    np.testing.assert_array_equal(to_numpy(decisions["sample"]), SCORES.argmax(-1))
    probabilities = np.exp(SCORES) / np.exp(SCORES).sum(-1, keepdims=True)
    entropy = -(probabilities * np.log(probabilities)).sum(-1)
    np.testing.assert_allclose(to_numpy(decisions["entropy"]), entropy, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_straight_through_masks_keys_in_any_precision(dtype):
    weights, decisions = StraightThrough()(keras.ops.cast(SCORES, dtype), mask=MASK)
    assert keras.backend.standardize_dtype(weights.dtype) == dtype
    mode = np.where(MASK[0], SCORES[:, 0], -9).argmax(-1)
    np.testing.assert_array_equal(to_numpy(weights)[:, 0], np.eye(4)[mode])
    np.testing.assert_array_equal(to_numpy(weights)[:, 1:], [[[0, 0, 0, 0], [0, 1, 0, 0]]] * 2)
    np.testing.assert_array_equal(to_numpy(decisions["sample"])[:, 1], -1)


def test_straight_through_gradient_of_linear_loss_is_exact(problem):
    estimates = problem.estimates(StraightThrough(), linear_loss)
    np.testing.assert_allclose(estimates[0], problem.through_softmax(3 * problem.values), rtol=1e-3)


def test_straight_through_gradient_of_other_loss_is_slope_at_mode(problem):
    estimates = problem.estimates(StraightThrough())
    mode = problem.values[problem.scores.argmax()]
    slope = 2 * (mode - problem.target) * problem.values
    np.testing.assert_allclose(estimates[0], problem.through_softmax(slope), rtol=1e-3)
    bias = np.linalg.norm(estimates[0] - problem.exact) / np.linalg.norm(problem.exact)
    np.testing.assert_allclose(bias, 0.549, atol=0.001)


def test_straight_through_gradient_of_masked_keys_is_zero(problem):
    mask = np.array([True, False, True])
    estimates = problem.estimates(StraightThrough(), mask=mask)
    np.testing.assert_array_equal(estimates[:, 1], 0)
    assert np.abs(estimates[:, 0]).min() > 0
    np.testing.assert_array_equal(problem.estimates(StraightThrough(), mask=mask & False), 0)


def test_straight_through_config_round_trip():
    config = StraightThrough(dtype="float16").get_config()
    assert StraightThrough.from_config(config).get_config() == config
    assert isinstance(distributions.get("straight_through"), StraightThrough)

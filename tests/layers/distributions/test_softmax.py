"""Masked softmax: masks, half precision, extreme scores and temperature."""

import keras
import numpy as np
import pytest

from foveal.layers import Softmax, masked_softmax

SCORES = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
MASK = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]], bool)


def softmax(row):
    return np.exp(row) / np.exp(row).sum()


def to_numpy(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def test_masked_softmax_matches_softmax_of_unmasked_keys():
    weights = to_numpy(masked_softmax(SCORES, MASK))
    for row, scores in zip(weights, SCORES, strict=True):
        np.testing.assert_allclose(row[0, MASK[0]], softmax(scores[0, MASK[0]]), rtol=1e-6)
        np.testing.assert_array_equal(row[1], [0, 0, 0, 0])
        np.testing.assert_array_equal(row[2], [0, 1, 0, 0])


def test_masked_softmax_without_mask_is_softmax():
    weights = to_numpy(masked_softmax(keras.ops.convert_to_tensor(SCORES)))
    np.testing.assert_allclose(weights[1, 2], softmax(SCORES[1, 2]), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_masked_softmax_in_half_precision_keeps_dtype_and_sums_in_float32(dtype):
    scores = keras.ops.zeros((1, 5000), dtype)
    weights = masked_softmax(scores, np.ones((1, 5000), bool))
    assert keras.backend.standardize_dtype(weights.dtype) == dtype
    np.testing.assert_allclose(to_numpy(weights).sum(), 1, rtol=0.01)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_masked_softmax_of_fully_masked_row_is_zero(dtype):
    weights = to_numpy(masked_softmax(keras.ops.cast(SCORES, dtype), MASK))
    np.testing.assert_array_equal(weights[:, 1], 0)


@pytest.mark.parametrize("extreme", [1e30, -1e30])
def test_masked_softmax_of_extreme_scores_leaves_masked_keys_zero(extreme):
    mask = np.array([[True, True, False]])
    weights = to_numpy(masked_softmax(np.full((1, 3), extreme, "float32"), mask))
    np.testing.assert_allclose(weights, [[0.5, 0.5, 0]])


def test_softmax_layer_matches_function_and_has_no_decisions():
    weights, decisions = Softmax()(SCORES, mask=MASK)
    np.testing.assert_array_equal(to_numpy(weights), to_numpy(masked_softmax(SCORES, MASK)))
    assert decisions == {}


@pytest.mark.parametrize("temperature", [0.5, 3.0])
def test_softmax_temperature_divides_scores(temperature):
    weights, _ = Softmax(temperature=temperature)(SCORES, mask=MASK)
    expected = masked_softmax(SCORES / np.float32(temperature), MASK)
    np.testing.assert_allclose(to_numpy(weights), to_numpy(expected), rtol=1e-6)


def test_softmax_temperature_limits_are_one_hot_and_uniform():
    low, _ = Softmax(temperature=1e-3)(SCORES)
    high, _ = Softmax(temperature=1e6)(SCORES)
    np.testing.assert_array_equal(to_numpy(low), SCORES.max(-1, keepdims=True) == SCORES)
    np.testing.assert_allclose(to_numpy(high), 0.25, rtol=1e-5)


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan")])
def test_softmax_invalid_temperature_raises(temperature):
    for make in (Softmax, lambda temperature: masked_softmax(SCORES, MASK, temperature)):
        with pytest.raises(ValueError, match=f"must be above 0. Received: temperature={temperature}"):
            make(temperature=temperature)


def test_softmax_config_keeps_temperature():
    assert Softmax.from_config(Softmax(temperature=0.5).get_config()).temperature == 0.5

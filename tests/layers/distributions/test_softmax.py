import keras
import numpy as np
import pytest

from foveal.layers import Softmax, distributions, masked_softmax

SCORES = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
MASK = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]], bool)


def softmax(row):
    return np.exp(row) / np.exp(row).sum()


def to_numpy(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def test_is_softmax_of_the_keys_that_are_seen():
    weights = to_numpy(masked_softmax(SCORES, MASK))
    for row, scores in zip(weights, SCORES, strict=True):
        np.testing.assert_allclose(row[0, MASK[0]], softmax(scores[0, MASK[0]]), rtol=1e-6)
        np.testing.assert_array_equal(row[1], [0, 0, 0, 0])
        np.testing.assert_array_equal(row[2], [0, 1, 0, 0])


def test_without_a_mask_is_plain_softmax():
    weights = to_numpy(masked_softmax(keras.ops.convert_to_tensor(SCORES)))
    np.testing.assert_allclose(weights[1, 2], softmax(SCORES[1, 2]), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_keeps_its_type_and_sums_in_float32(dtype):
    scores = keras.ops.zeros((1, 5000), dtype)
    weights = masked_softmax(scores, np.ones((1, 5000), bool))
    assert keras.backend.standardize_dtype(weights.dtype) == dtype
    np.testing.assert_allclose(to_numpy(weights).sum(), 1, rtol=0.01)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_a_row_without_keys_is_zero_in_any_precision(dtype):
    weights = to_numpy(masked_softmax(keras.ops.cast(SCORES, dtype), MASK))
    np.testing.assert_array_equal(weights[:, 1], 0)


@pytest.mark.parametrize("extreme", [1e30, -1e30])
def test_extreme_scores_do_not_reach_masked_keys(extreme):
    mask = np.array([[True, True, False]])
    weights = to_numpy(masked_softmax(np.full((1, 3), extreme, "float32"), mask))
    np.testing.assert_allclose(weights, [[0.5, 0.5, 0]])


def test_softmax_decides_nothing():
    weights, decisions = Softmax()(SCORES, mask=MASK)
    np.testing.assert_array_equal(to_numpy(weights), to_numpy(masked_softmax(SCORES, MASK)))
    assert decisions == {}


def test_get_takes_a_name_or_a_layer():
    own = Softmax()
    assert distributions.get(own) is own
    assert isinstance(distributions.get("softmax"), Softmax)

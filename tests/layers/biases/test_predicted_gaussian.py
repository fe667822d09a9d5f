"""Gaussian bias with predicted centre and width against its formula."""

import keras
import numpy as np
import pytest

from foveal.layers import AttentionContext, PredictedGaussianBias, SlidingWindow, SoftAttention

rng = np.random.default_rng(0)
QUERY = rng.normal(size=(2, 3, 4)).astype("float32")
MASK = np.array([[[1, 1, 1, 1, 1]], [[1, 1, 0, 0, 0]]], bool)
CONTEXT = AttentionContext(np.arange(3), np.arange(5), mask=MASK)


def make_bias(**kwargs):
    """Return a built bias and its two kernels."""
    bias = PredictedGaussianBias(units=6, **kwargs)
    bias.build((None, None, 4), (None, None, 4))
    return bias, *bias.get_weights()


def compute_bias(bias, query=QUERY, attention_context=CONTEXT):
    return keras.ops.convert_to_numpy(bias.compute_bias(query, None, attention_context))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("width", [None, 1.5])
def test_predicted_gaussian_matches_formula(width):
    bias, hidden_kernel, gaussian_kernel = make_bias(width=width)
    actual = compute_bias(bias)
    for example, key_count in ((0, 5), (1, 2)):
        for t in range(3):
            predicted = key_count * sigmoid(np.tanh(QUERY[example, t] @ hidden_kernel) @ gaussian_kernel)
            sigma = width or predicted[1] / 2
            expected = -((np.arange(5) - predicted[0]) ** 2) / (2 * sigma**2)
            np.testing.assert_allclose(actual[example, t], expected, rtol=1e-4, atol=1e-6)


def test_predicted_gaussian_heads_share_weights():
    bias, *_ = make_bias()
    context = AttentionContext(np.arange(3), np.arange(5), mask=MASK[:, None])
    heads = compute_bias(bias, np.stack([QUERY, 2 * QUERY], 1), context)
    np.testing.assert_allclose(heads[:, 0], compute_bias(bias), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(heads[:, 1], compute_bias(bias, 2 * QUERY), rtol=1e-4, atol=1e-6)


def test_predicted_gaussian_centre_does_not_depend_on_window():
    single, windowed = (
        SoftAttention(bias=bias) for bias in (make_bias()[0], [make_bias()[0], SlidingWindow(1, 1)])
    )
    _, weights = single(QUERY, QUERY, return_attention_scores=True)
    windowed(QUERY, QUERY)
    windowed.set_weights(single.get_weights())
    _, actual = windowed(QUERY, QUERY, return_attention_scores=True)
    window = np.abs(np.subtract.outer(np.arange(3), np.arange(3))) < 2
    expected = keras.ops.convert_to_numpy(weights) * window
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(actual), expected / expected.sum(-1, keepdims=True), atol=1e-6
    )


def test_predicted_gaussian_of_minimal_width_is_finite():
    bias, hidden_kernel, gaussian_kernel = make_bias()
    bias.set_weights([hidden_kernel, gaussian_kernel * -1e4])
    assert np.isfinite(compute_bias(bias)).all()


def test_predicted_gaussian_invalid_width_raises():
    with pytest.raises(ValueError, match=r"`width` must be positive or None. Received: width=0"):
        PredictedGaussianBias(width=0)

import keras
import numpy as np
import pytest

from foveal.layers import AttentionContext, PredictedGaussianBias, SlidingWindow, SoftAttention

rng = np.random.default_rng(0)
QUERY = rng.normal(size=(2, 3, 4)).astype("float32")
MASK = np.array([[[1, 1, 1, 1, 1]], [[1, 1, 0, 0, 0]]], bool)
VIEW = AttentionContext(np.arange(3), np.arange(5), mask=MASK)


def built(**kwargs):
    bias = PredictedGaussianBias(units=6, **kwargs)
    bias.build((None, None, 4), (None, None, 4))
    return bias, *bias.get_weights()


def compute_bias(bias, query=QUERY, attention_context=VIEW):
    return keras.ops.convert_to_numpy(bias.compute_bias(query, None, attention_context))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("width", [None, 1.5])
def test_is_a_bell_where_and_as_wide_as_the_query_says(width):
    bias, hidden, log_gaussian = built(width=width)
    leaning = compute_bias(bias)
    for example, seen in ((0, 5), (1, 2)):
        for t in range(3):
            predicted = seen * sigmoid(np.tanh(QUERY[example, t] @ hidden) @ log_gaussian)
            sigma = width or predicted[1] / 2
            expected = -((np.arange(5) - predicted[0]) ** 2) / (2 * sigma**2)
            np.testing.assert_allclose(leaning[example, t], expected, rtol=1e-4, atol=1e-6)


def test_heads_share_the_weights():
    bias, *_ = built()
    heads = compute_bias(
        bias,
        np.stack([QUERY, 2 * QUERY], 1),
        AttentionContext(np.arange(3), np.arange(5), mask=MASK[:, None]),
    )
    np.testing.assert_allclose(heads[:, 0], compute_bias(bias), rtol=1e-4)
    np.testing.assert_allclose(heads[:, 1], compute_bias(bias, 2 * QUERY), rtol=1e-4)


def test_a_window_does_not_change_where_the_bell_is():
    alone, beside = (SoftAttention(bias=bias) for bias in (built()[0], [built()[0], SlidingWindow(1, 1)]))
    _, weights = alone(QUERY, QUERY, return_attention_scores=True)
    beside(QUERY, QUERY)
    beside.set_weights(alone.get_weights())
    _, cut = beside(QUERY, QUERY, return_attention_scores=True)
    near = np.abs(np.subtract.outer(np.arange(3), np.arange(3))) < 2
    weights = keras.ops.convert_to_numpy(weights) * near
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(cut), weights / weights.sum(-1, keepdims=True), atol=1e-6
    )


def test_the_narrowest_bell_is_finite():
    bias, hidden, log_gaussian = built()
    bias.set_weights([hidden, log_gaussian * -1e4])
    assert np.isfinite(compute_bias(bias)).all()


def test_a_width_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match=r"`width` must be positive or None. Received: 0"):
        PredictedGaussianBias(width=0)

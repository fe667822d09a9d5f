"""Adaptive attention: the equations of Lu et al. 2017, masks, caches and invalid arguments."""

import keras
import numpy as np
import pytest

from foveal.layers import AdaptiveAttention, Additive, Bias

rng = np.random.default_rng(0)
HIDDEN, REGIONS, WORDS, PREVIOUS, MEMORY = (
    rng.normal(size=(2, *shape)).astype("float32") for shape in ((3, 5), (4, 6), (3, 7), (3, 5), (3, 6))
)
LSTM = (WORDS, PREVIOUS, MEMORY)


def to_numpy(results):
    return keras.tree.map_structure(lambda x: keras.ops.convert_to_numpy(x), results)


def run_layer(layer, **kwargs):
    return to_numpy(
        layer(
            HIDDEN,
            REGIONS,
            lstm=LSTM,
            return_attention_scores=True,
            return_decisions=True,
            **kwargs,
        )
    )


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_adaptive_attention_matches_equations_of_paper():
    layer = AdaptiveAttention(score=Additive(units=8))
    output, alphas, decisions = run_layer(layer)
    w_g, w_v, w_s = (
        to_numpy(dense.kernel)
        for dense in (layer.score.query_dense, layer.score.key_dense, layer.sentinel_dense)
    )
    w_h = to_numpy(layer.score.v)[:, 0]
    w_x, w_hidden = np.split(to_numpy(layer.sentinel.gate_dense.kernel), [7])
    for b, t in np.ndindex(2, 3):
        h, v = HIDDEN[b, t], REGIONS[b]
        z = np.tanh(v @ w_v + h @ w_g) @ w_h  # eq. 6
        alpha = softmax(z)  # eq. 7
        c = alpha @ v  # eq. 8
        g = sigmoid(WORDS[b, t] @ w_x + PREVIOUS[b, t] @ w_hidden)  # eq. 9
        s = g * np.tanh(MEMORY[b, t])  # eq. 10
        z_s = np.tanh(s @ w_s + h @ w_g) @ w_h
        beta = softmax(np.append(z, z_s))[-1]  # eq. 12
        np.testing.assert_allclose(alphas[b, t], alpha, atol=1e-6)
        np.testing.assert_allclose(decisions["gate"][b, t], beta, atol=1e-6)
        np.testing.assert_allclose(output[b, t], beta * s + (1 - beta) * c, atol=1e-6)  # eq. 11


def test_fully_masked_regions_return_sentinel():
    layer = AdaptiveAttention()
    output, _, _ = run_layer(layer, value_mask=np.zeros((2, 4), bool))
    np.testing.assert_allclose(output, to_numpy(layer.sentinel(*LSTM)), atol=1e-6)


def test_masked_query_returns_sentinel():
    layer = AdaptiveAttention()
    mask = np.array([[1, 1, 1], [1, 1, 0]], bool)
    output, weights, decisions = run_layer(layer, query_mask=mask)
    np.testing.assert_array_equal(weights[1, 2], 0)
    np.testing.assert_array_equal(decisions["gate"][1, 2], 1)
    np.testing.assert_allclose(output[1, 2], to_numpy(layer.sentinel(*LSTM))[1, 2], atol=1e-6)


def test_memory_cache_matches_direct_call():
    layer = AdaptiveAttention()
    expected = run_layer(layer)[0]
    cached = layer(HIDDEN, lstm=LSTM, cache=layer.memory_cache(REGIONS))
    np.testing.assert_array_equal(to_numpy(cached), expected)


def test_missing_lstm_raises():
    layer = AdaptiveAttention()
    with pytest.raises(ValueError, match=r"`lstm` must be \(x_t, h_\{t-1\}, m_t\), where m_t has the width"):
        layer(HIDDEN, REGIONS)
    run_layer(layer)
    with pytest.raises(ValueError, match=r"`lstm` must be \(x_t, h_\{t-1\}, m_t\)\. Received: lstm=None"):
        layer(HIDDEN, REGIONS)


def test_lstm_memory_of_other_width_raises():
    with pytest.raises(ValueError, match=r"m_t has the width of `value`, 6\. Received: shapes"):
        AdaptiveAttention()(HIDDEN, REGIONS, lstm=(WORDS, PREVIOUS, PREVIOUS))


def test_rotary_bias_raises():
    with pytest.raises(
        ValueError, match=r"a key without a position.*Received: bias=\[\'alibi\', \'rotary\'\]"
    ):
        AdaptiveAttention(bias=["alibi", "rotary"])


class Doubled(Bias):
    """Transforms queries and keys by a factor of two."""

    def transform(self, inputs, positions):
        return 2 * inputs


def test_transform_of_custom_bias_applies_to_query_and_keys():
    layer = AdaptiveAttention(Additive(units=8), bias=Doubled())
    output, weights, decisions = run_layer(layer)
    plain = AdaptiveAttention(Additive(units=8))
    plain.build(HIDDEN.shape, REGIONS.shape, None, tuple(x.shape for x in LSTM))
    plain.set_weights(layer.get_weights())
    expected = plain(
        2 * HIDDEN,
        REGIONS,
        2 * REGIONS,
        lstm=LSTM,
        return_attention_scores=True,
        return_decisions=True,
    )
    expected = to_numpy(expected)
    np.testing.assert_allclose(output, expected[0], atol=1e-6)
    np.testing.assert_allclose(weights, expected[1], atol=1e-6)
    np.testing.assert_allclose(decisions["gate"], expected[2]["gate"], atol=1e-6)

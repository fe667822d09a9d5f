import keras
import numpy as np
import pytest

from foveal.layers import AdaptiveAttention, Additive

rng = np.random.default_rng(0)
HIDDEN, REGIONS, WORDS, PREVIOUS, MEMORY = (
    rng.normal(size=(2, *shape)).astype("float32") for shape in ((3, 5), (4, 6), (3, 7), (3, 5), (3, 6))
)
LSTM = (WORDS, PREVIOUS, MEMORY)


def to_numpy(results):
    return keras.tree.map_structure(lambda x: keras.ops.convert_to_numpy(x), results)


def look(layer, **kwargs):
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


def test_is_equations_6_to_12_of_the_paper():
    layer = AdaptiveAttention(score=Additive(units=8))
    output, alphas, decisions = look(layer)
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


def test_where_all_regions_are_masked_the_output_is_the_sentinel():
    layer = AdaptiveAttention()
    output, _, _ = look(layer, value_mask=np.zeros((2, 4), bool))
    np.testing.assert_allclose(output, to_numpy(layer.sentinel(*LSTM)), atol=1e-6)


def test_regions_projected_once_give_the_same():
    layer = AdaptiveAttention()
    expected = look(layer)[0]
    cached = layer(HIDDEN, lstm=LSTM, cache=layer.memory_cache(REGIONS))
    np.testing.assert_array_equal(to_numpy(cached), expected)


def test_needs_the_lstm():
    layer = AdaptiveAttention()
    with pytest.raises(ValueError, match="`lstm` must be"):
        layer(HIDDEN, REGIONS)
    look(layer)
    with pytest.raises(ValueError, match=r"Expected `lstm`, \(x_t, h_\{t-1\}, m_t\)"):
        layer(HIDDEN, REGIONS)


def test_a_memory_of_another_width_than_the_regions_is_refused():
    with pytest.raises(ValueError, match=r"the memory as wide as `value`, 6\. Received"):
        AdaptiveAttention()(HIDDEN, REGIONS, lstm=(WORDS, PREVIOUS, PREVIOUS))


def test_positions_that_turn_keys_are_refused():
    with pytest.raises(ValueError, match=r"a key without a position.*Received: \['alibi', 'rotary'\]"):
        AdaptiveAttention(bias=["alibi", "rotary"])

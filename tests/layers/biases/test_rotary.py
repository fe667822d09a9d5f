import keras
import numpy as np
import pytest

from foveal.layers import MultiHeadAttention, Rotary, SelfAttention, SoftAttention
from foveal.layers.biases.rotary import rotate

rng = np.random.default_rng(0)
QUERY, KEY = rng.normal(size=(2, 6)).astype("float32")


def turned(vector, position, **kwargs):
    return keras.ops.convert_to_numpy(rotate(vector[None], np.array([position]), **kwargs))[0]


def test_each_pair_turns_by_its_angle():
    expected = np.zeros(6)
    for i in range(3):
        angle = 7 * 100 ** (-2 * i / 6)
        pair = (QUERY[i] + 1j * QUERY[i + 3]) * np.exp(1j * angle)
        expected[i], expected[i + 3] = pair.real, pair.imag
    np.testing.assert_allclose(turned(QUERY, 7, max_wavelength=100), expected, atol=1e-6)


def test_equals_keras_nlp():
    keras_nlp = pytest.importorskip("keras_nlp", reason="comes with TensorFlow alone")
    inputs = rng.normal(size=(2, 3, 4, 6)).astype("float32")  # batch, length, heads, dim
    expected = keras_nlp.layers.RotaryEmbedding(max_wavelength=50)(inputs, start_index=2)
    heads = inputs.transpose(0, 2, 1, 3)
    actual = keras.ops.convert_to_numpy(rotate(heads, 2 + np.arange(3), 50))
    np.testing.assert_allclose(actual, np.array(expected).transpose(0, 2, 1, 3), atol=1e-5)


@pytest.mark.parametrize(("m", "n"), [(0, 0), (5, 3), (3, 5), (40, 2)])
def test_a_dot_product_depends_on_how_far_apart_they_are_alone(m, n):
    here = turned(QUERY, m) @ turned(KEY, n)
    there = turned(QUERY, m + 11) @ turned(KEY, n + 11)
    np.testing.assert_allclose(here, there, atol=1e-4)
    assert abs(here - turned(QUERY, m + 1) @ turned(KEY, n)) > 1e-3


def test_lengths_stay():
    np.testing.assert_allclose(np.linalg.norm(turned(QUERY, 99)), np.linalg.norm(QUERY), rtol=1e-6)


def test_weights_stay_when_all_positions_move():
    layer = SoftAttention("dot", bias="rotary")
    query, value = rng.normal(size=(2, 1, 4, 6)).astype("float32")
    _, expected = layer(query, value, return_attention_scores=True, use_causal_mask=True)
    later = np.pad(value, [(0, 0), (3, 0), (0, 0)]), np.pad(query, [(0, 0), (3, 0), (0, 0)])
    mask = np.arange(7) >= 3
    _, actual = layer(
        later[1],
        later[0],
        attention_mask=mask[None, None],
        return_attention_scores=True,
        use_causal_mask=True,
    )
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(actual)[:, 3:, 3:], keras.ops.convert_to_numpy(expected), atol=1e-5
    )


def test_half_precision_turns_in_float32():
    exact = turned(QUERY, 3001)
    half = keras.ops.convert_to_numpy(
        keras.ops.cast(
            rotate(keras.ops.cast(QUERY[None], "bfloat16"), keras.ops.array([3001])),
            "float32",
        )
    )
    np.testing.assert_allclose(half[0], exact, atol=0.02)


def test_an_odd_width_is_refused():
    inputs = np.ones((1, 2, 6))
    with pytest.raises(ValueError, match=r"`query` must have an even width. Received: 3"):
        SelfAttention(num_heads=2, key_dim=3, bias=Rotary())(inputs)
    with pytest.raises(ValueError, match=r"`query` must have an even width. Received: 5"):
        MultiHeadAttention(2, 5, bias="rotary")(keras.Input((None, 4)), keras.Input((None, 4)))
    with pytest.raises(ValueError, match=r"`key` must have an even width. Received: 3"):
        SoftAttention("additive", bias="rotary")(inputs, np.ones((1, 2, 3)))

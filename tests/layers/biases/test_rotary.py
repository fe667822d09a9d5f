"""Rotary position embedding against complex numbers and KerasHub, and its invariances."""

import keras
import numpy as np
import pytest

from foveal.layers import MultiHeadAttention, Rotary, SelfAttention, SoftAttention
from foveal.layers.biases.rotary import rotate

rng = np.random.default_rng(0)
QUERY, KEY = rng.normal(size=(2, 6)).astype("float32")


def rotate_vector(vector, position, **kwargs):
    return keras.ops.convert_to_numpy(rotate(vector[None], np.array([position]), **kwargs))[0]


def test_rotate_matches_complex_multiplication():
    expected = np.zeros(6)
    for i in range(3):
        angle = 7 * 100 ** (-2 * i / 6)
        pair = (QUERY[i] + 1j * QUERY[i + 3]) * np.exp(1j * angle)
        expected[i], expected[i + 3] = pair.real, pair.imag
    np.testing.assert_allclose(rotate_vector(QUERY, 7, max_wavelength=100), expected, atol=1e-6)


def test_rotate_matches_keras_nlp():
    keras_nlp = pytest.importorskip("keras_nlp", reason="needs TensorFlow")
    inputs = rng.normal(size=(2, 3, 4, 6)).astype("float32")  # batch, length, heads, dim
    expected = keras_nlp.layers.RotaryEmbedding(max_wavelength=50)(inputs, start_index=2)
    heads = inputs.transpose(0, 2, 1, 3)
    actual = keras.ops.convert_to_numpy(rotate(heads, 2 + np.arange(3), 50))
    np.testing.assert_allclose(actual, np.array(expected).transpose(0, 2, 1, 3), atol=1e-5)


@pytest.mark.parametrize(("m", "n"), [(0, 0), (5, 3), (3, 5), (40, 2)])
def test_rotated_dot_product_depends_only_on_distance(m, n):
    product = rotate_vector(QUERY, m) @ rotate_vector(KEY, n)
    shifted = rotate_vector(QUERY, m + 11) @ rotate_vector(KEY, n + 11)
    np.testing.assert_allclose(product, shifted, atol=1e-4)
    assert abs(product - rotate_vector(QUERY, m + 1) @ rotate_vector(KEY, n)) > 1e-3


def test_rotate_keeps_norm():
    norm = np.linalg.norm(rotate_vector(QUERY, 99))
    np.testing.assert_allclose(norm, np.linalg.norm(QUERY), rtol=1e-6)


def test_rotary_weights_do_not_change_when_all_positions_shift():
    layer = SoftAttention("dot", bias="rotary")
    query, value = rng.normal(size=(2, 1, 4, 6)).astype("float32")
    _, expected = layer(query, value, return_attention_scores=True, use_causal_mask=True)
    shifted = [np.pad(x, [(0, 0), (3, 0), (0, 0)]) for x in (query, value)]
    mask = np.arange(7) >= 3
    _, actual = layer(
        *shifted, attention_mask=mask[None, None], return_attention_scores=True, use_causal_mask=True
    )
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(actual)[:, 3:, 3:], keras.ops.convert_to_numpy(expected), atol=1e-5
    )


def test_rotate_in_half_precision_computes_in_float32():
    exact = rotate_vector(QUERY, 3001)
    half = rotate(keras.ops.cast(QUERY[None], "bfloat16"), keras.ops.array([3001]))
    actual = keras.ops.convert_to_numpy(keras.ops.cast(half, "float32"))
    np.testing.assert_allclose(actual[0], exact, atol=0.02)


def test_rotary_odd_width_raises():
    inputs = np.ones((1, 2, 6))
    with pytest.raises(ValueError, match=r"`query` must have an even width .*Received: width=3"):
        SelfAttention(num_heads=2, key_dim=3, bias=Rotary())(inputs)
    with pytest.raises(ValueError, match=r"`query` must have an even width .*Received: width=5"):
        MultiHeadAttention(2, 5, bias="rotary")(keras.Input((None, 4)), keras.Input((None, 4)))
    with pytest.raises(ValueError, match=r"`key` must have an even width .*Received: width=3"):
        SoftAttention("additive", bias="rotary")(inputs, np.ones((1, 2, 3)))

"""Gaussian bias against the logarithm of a Gaussian."""

import keras
import numpy as np
import pytest

from foveal.layers import AttentionContext, GaussianBias, SelfAttention


def test_gaussian_bias_is_logarithm_of_gaussian():
    context = AttentionContext(np.array([3, 5]), np.arange(8))
    actual = GaussianBias(width=2.0).compute_bias(None, None, context)
    expected = [[np.log(np.exp(-((j - i) ** 2) / (2 * 2.0**2))) for j in range(8)] for i in (3, 5)]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(actual), expected, rtol=1e-6)


def test_gaussian_bias_weights_of_equal_keys_are_gaussian():
    layer = SelfAttention(num_heads=2, key_dim=3, bias=GaussianBias(1.5))
    _, weights = layer(np.ones((1, 7, 4)), return_attention_scores=True)
    gaussian = np.exp(-0.5 * ((np.arange(7) - 3) / 1.5) ** 2)
    row = keras.ops.convert_to_numpy(weights)[0, 1, 3]
    np.testing.assert_allclose(row, gaussian / gaussian.sum(), rtol=1e-5)


@pytest.mark.parametrize("width", [0, -1.0])
def test_gaussian_bias_invalid_width_raises(width):
    with pytest.raises(ValueError, match=f"`width` must be positive. Received: width={width}"):
        GaussianBias(width)

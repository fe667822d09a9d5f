"""Learned bias per head and distance: its table, its initial value and errors."""

import keras
import numpy as np
import pytest

from foveal.layers import AttentionContext, LearnedBias, SelfAttention

TABLE = np.random.default_rng(0).normal(size=(2, 5)).astype("float32")


def test_learned_bias_reads_table_and_clips_distances():
    bias = LearnedBias(max_distance=2)
    bias.build((None, 2, None, 4), (None, 2, None, 4))
    bias.set_weights([TABLE])
    context = AttentionContext(np.arange(3), np.arange(7))
    actual = keras.ops.convert_to_numpy(bias.compute_bias(None, None, context))
    for i in range(3):
        for j in range(7):
            expected = TABLE[:, min(max(i - j, -2), 2) + 2]
            np.testing.assert_array_equal(actual[:, i, j], expected)


def test_learned_bias_starts_without_effect():
    x = np.random.default_rng(1).normal(size=(1, 4, 3))
    layer = SelfAttention(num_heads=2, key_dim=3, bias="learned")
    expected = keras.ops.convert_to_numpy(layer(x))
    layer.bias[0].set_weights([np.ones((2, 257))])  # softmax is invariant to a constant
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(x)), expected, atol=1e-6)


def test_learned_bias_negative_max_distance_raises():
    with pytest.raises(ValueError, match=r"`max_distance` must not be negative. Received: max_distance=-1"):
        LearnedBias(-1)

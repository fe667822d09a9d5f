import keras
import numpy as np
import pytest

from foveal.layers import AttentionContext, LearnedBias, SelfAttention

TABLE = np.random.default_rng(0).normal(size=(2, 5)).astype("float32")


def test_each_head_and_distance_adds_its_number_and_beyond_the_table_its_last():
    bias = LearnedBias(max_distance=2)
    bias.build((None, 2, None, 4), (None, 2, None, 4))
    bias.set_weights([TABLE])
    leaning = keras.ops.convert_to_numpy(
        bias.compute_bias(None, None, AttentionContext(np.arange(3), np.arange(7)))
    )
    for i in range(3):
        for j in range(7):
            expected = TABLE[:, min(max(i - j, -2), 2) + 2]
            np.testing.assert_array_equal(leaning[:, i, j], expected)


def test_starts_as_no_bias():
    x = np.random.default_rng(1).normal(size=(1, 4, 3))
    layer = SelfAttention(num_heads=2, key_dim=3, bias="learned")
    expected = keras.ops.convert_to_numpy(layer(x))
    layer.bias[0].set_weights([np.ones((2, 257))])  # the same for all keys: softmax does not see it
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(x)), expected, atol=1e-6)


def test_a_negative_distance_is_refused():
    with pytest.raises(ValueError, match=r"`max_distance` must not be negative. Received: -1"):
        LearnedBias(-1)

"""Heads: splitting and initialization."""

import keras
import numpy as np

from foveal.layers.functional import heads


def test_split_heads_takes_contiguous_features():
    x = np.arange(2 * 3 * 8).reshape(2, 3, 8)
    split = keras.ops.convert_to_numpy(heads.split_heads(keras.ops.convert_to_tensor(x), 2))
    np.testing.assert_array_equal(split[:, 0], x[..., :4])
    np.testing.assert_array_equal(split[:, 1], x[..., 4:])


def test_fused_initializer_initializes_blocks_separately():
    initialize = heads.fused_initializer(keras.initializers.GlorotUniform(), (30, 6))
    kernel = keras.ops.convert_to_numpy(initialize((50, 36), "float32"))
    for block, width in ((kernel[:, :30], 30), (kernel[:, 30:], 6)):
        bound = np.sqrt(6 / (50 + width))
        assert 0.9 * bound < np.abs(block).max() <= bound
    assert (kernel[:, :6] != kernel[:, 30:]).any()

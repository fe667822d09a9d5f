"""Properties that encoder and decoder blocks share."""

import keras
import numpy as np
import pytest

from foveal.layers import DecoderBlock, EncoderBlock

BLOCKS = {"encoder": EncoderBlock, "decoder": lambda *a, **k: DecoderBlock(*a, **k)}


@pytest.mark.parametrize("make", BLOCKS.values(), ids=BLOCKS.keys())
def test_width_that_is_no_multiple_of_heads_raises(make):
    inputs = [np.zeros((2, 3, 8))] * (1 if make is EncoderBlock else 2)
    with pytest.raises(ValueError, match=r"multiple of `num_heads`, 3\. Received: inputs\.shape=\(2, 3, 8"):
        make(3, 5)(*inputs)


@pytest.mark.parametrize("name", ["dropout", "attention_dropout", "activation_dropout"])
def test_dropout_acts_only_in_training(name):
    x = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")
    block, still = EncoderBlock(2, 5, **{name: 0.5}), EncoderBlock(2, 5)  # pyright: ignore[reportArgumentType]
    for layer in (block, still):
        layer.build(x.shape)
    still.set_weights(block.trainable_weights)
    expected = keras.ops.convert_to_numpy(still(x))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(block(x)), expected)
    dropped = keras.ops.convert_to_numpy(block(x, training=True))
    assert np.abs(dropped - expected).max() > 1e-3


@pytest.mark.parametrize("dtype", ["float16", "mixed_bfloat16"])
def test_half_precision_output_dtype(dtype):
    output = EncoderBlock(2, 5, dtype=dtype)(np.ones((2, 3, 8)))
    assert keras.backend.standardize_dtype(output.dtype) == dtype.replace("mixed_", "")

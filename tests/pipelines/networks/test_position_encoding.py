from typing import get_args

import keras
import numpy as np
import pytest

from foveal.layers import EncoderBlock, SinusoidalPositions
from foveal.pipelines.networks.position_encoding import PositionEncoding, position_biases, position_layer

STREAM = np.random.default_rng(0).normal(size=(1, 5, 8)).astype("float32")
SWAPPED = [1, 0, 2, 3, 4]


def states(positions, stream, scale=3.0):
    """What one block of self-attention makes of a stream; learned tables, zeros at first, are drawn."""
    keras.utils.set_random_seed(0)
    block = EncoderBlock(num_heads=2, intermediate_dim=12, bias=position_biases(positions))
    block.build(stream.shape)
    for variable in block.variables:
        if variable.name == "table":
            variable.assign(keras.random.normal(variable.shape, stddev=scale, seed=1))
    return keras.ops.convert_to_numpy(block(position_layer(positions)(stream)))


@pytest.mark.parametrize("positions", get_args(PositionEncoding))
def test_every_kind_knows_the_order(positions):
    mixed = states(positions, STREAM[:, SWAPPED])
    assert np.abs(mixed - states(positions, STREAM)[:, SWAPPED]).max() > 1e-3


def test_without_a_table_the_order_is_not_known():
    mixed = states("relative", STREAM[:, SWAPPED], scale=0.0)
    np.testing.assert_allclose(mixed, states("relative", STREAM, scale=0.0)[:, SWAPPED], atol=1e-5)


@pytest.mark.parametrize("positions", get_args(PositionEncoding))
def test_either_something_is_added_or_attention_leans(positions):
    alone = position_layer(positions)(STREAM) is STREAM
    assert alone == bool(position_biases(positions))
    if not alone:
        np.testing.assert_allclose(position_layer(positions)(STREAM), SinusoidalPositions()(STREAM))

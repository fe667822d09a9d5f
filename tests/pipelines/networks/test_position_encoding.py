"""Tests of position encodings."""

from typing import get_args

import keras
import numpy as np
import pytest

from foveal.layers import EncoderBlock, SinusoidalPositions
from foveal.pipelines.networks.position_encoding import PositionEncoding, position_biases, position_layer

EMBEDDINGS = np.random.default_rng(0).normal(size=(1, 5, 8)).astype("float32")
SWAPPED = [1, 0, 2, 3, 4]


def encode(position_encoding, embeddings, stddev=3.0):
    """Return the states of one self-attention block; learned tables, initially zero, are random."""
    keras.utils.set_random_seed(0)
    block = EncoderBlock(num_heads=2, intermediate_dim=12, bias=position_biases(position_encoding))
    block.build(embeddings.shape)
    for variable in block.variables:
        if variable.name == "table":
            variable.assign(keras.random.normal(variable.shape, stddev=stddev, seed=1))
    layer = position_layer(position_encoding)
    return keras.ops.convert_to_numpy(block(embeddings if layer is None else layer(embeddings)))


@pytest.mark.parametrize("position_encoding", get_args(PositionEncoding))
def test_position_encoding_distinguishes_token_order(position_encoding):
    swapped = encode(position_encoding, EMBEDDINGS[:, SWAPPED])
    assert np.abs(swapped - encode(position_encoding, EMBEDDINGS)[:, SWAPPED]).max() > 1e-3


def test_relative_encoding_with_zero_table_is_permutation_equivariant():
    swapped = encode("relative", EMBEDDINGS[:, SWAPPED], stddev=0.0)
    np.testing.assert_allclose(swapped, encode("relative", EMBEDDINGS, stddev=0.0)[:, SWAPPED], atol=1e-5)


@pytest.mark.parametrize("position_encoding", get_args(PositionEncoding))
def test_position_encoding_is_either_layer_or_bias(position_encoding):
    layer = position_layer(position_encoding)
    assert (layer is None) == bool(position_biases(position_encoding))
    if layer is not None:
        np.testing.assert_allclose(layer(EMBEDDINGS), SinusoidalPositions()(EMBEDDINGS))

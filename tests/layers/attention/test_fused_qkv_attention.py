"""Fused projection of query, key and value."""

import keras
import numpy as np

from foveal.layers import Additive, LocalAttention, SelfAttention

HEADS, KEY_DIM, VALUE_DIM, DIM = 2, 4, 3, 6


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def test_projections_are_slices_of_fused_product():
    layer = SelfAttention(HEADS, KEY_DIM, VALUE_DIM, bias_initializer="random_normal")
    layer.build((None, None, DIM))
    x = np.random.default_rng(0).normal(size=(2, 5, DIM)).astype("float32")
    kernel, bias = (to_numpy(weight) for weight in layer.query_key_value_dense.weights)
    joint = x @ kernel + bias
    query, memory = layer.project_query_key_value(x, keras.ops.arange(5))
    parts = np.split(joint, (HEADS * KEY_DIM, 2 * HEADS * KEY_DIM), -1)
    scales = (1, KEY_DIM**-0.5, 1)  # the scale of the score lies in the keys
    for actual, part, scale in zip((query, memory["key"], memory["value"]), parts, scales, strict=True):
        expected = scale * part.reshape(2, 5, HEADS, -1).transpose(0, 2, 1, 3)
        np.testing.assert_allclose(to_numpy(actual), expected, atol=1e-6)


def test_subclasses_have_same_weights():
    layers = SelfAttention(HEADS, KEY_DIM, VALUE_DIM), LocalAttention(HEADS, KEY_DIM, 1, value_dim=VALUE_DIM)
    for layer in layers:
        layer.build((None, None, DIM))
    first, second = ([(weight.name, tuple(weight.shape)) for weight in layer.weights] for layer in layers)
    assert first == second


def test_init_cache_has_width_of_projected_keys():
    layer = SelfAttention(HEADS, KEY_DIM, VALUE_DIM, score=Additive(units=9))
    layer.build((None, None, DIM))
    cache = layer.init_cache(5, 7)
    assert {name: tuple(room.shape) for name, room in cache.items()} == {
        "key": (5, HEADS, 7, 9),
        "value": (5, HEADS, 7, VALUE_DIM),
    }

"""Functions of queries in tiles against one call, with gradients; their memory is that of a tile."""

import importlib
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from foveal.layers.functional.query_tiles import map_query_tiles

pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="gradients of TensorFlow")
rng = np.random.default_rng(0)
QUERY, KEY = (rng.normal(size=(2, n, 3)).astype("float32") for n in (7, 5))
UPSTREAMS = [rng.normal(size=shape).astype("float32") for shape in ((2, 7, 5), (2, 7))]


def compute(indices, queries, shared):
    scores = ops.matmul(ops.tanh(queries[0]), ops.swapaxes(shared[0], 1, 2))
    return [scores * ops.cast(indices + 1, "float32")[:, None], ops.sum(scores**2, axis=-1)]


def outputs_and_gradients(function):
    tf: Any = importlib.import_module("tensorflow")
    inputs = [tf.constant(QUERY), tf.constant(KEY)]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = function(*inputs)
    gradients = tape.gradient(outputs, inputs, [tf.constant(x) for x in UPSTREAMS])
    return [ops.convert_to_numpy(x) for x in (*outputs, *gradients)]


@pytest.mark.parametrize("tile_length", [1, 2, 3, 7])
def test_map_query_tiles_matches_one_call(tile_length):
    actual = outputs_and_gradients(lambda q, k: map_query_tiles(compute, [q], [k], 1, tile_length))
    expected = outputs_and_gradients(lambda q, k: compute(ops.arange(7), [q], [k]))
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, e, rtol=1e-5, atol=1e-5)


def test_map_query_tiles_computes_each_tile_again_for_the_gradient():
    lengths = []

    def spy(indices, queries, shared):
        lengths.append(len(indices))
        return compute(indices, queries, shared)

    outputs_and_gradients(lambda q, k: map_query_tiles(spy, [q], [k], 1, 3))
    assert lengths == [3, 3, 3] * 2


def test_gradient_of_half_precision_is_summed_in_float32():
    """The sum of 4,096 gradients of 1 ends at 2,048 in float16."""
    tf: Any = importlib.import_module("tensorflow")
    query, key = tf.zeros((1, 4096, 1), "float16"), tf.zeros((1, 1, 1), "float16")
    with tf.GradientTape() as tape:
        tape.watch(key)
        (outputs,) = map_query_tiles(lambda _, q, k: [q[0] + k[0]], [query], [key], 1, 16)
    assert float(tape.gradient(outputs, key)[0, 0, 0]) == 4096

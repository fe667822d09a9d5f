"""Largest elements from maxima of blocks, compared with a full selection."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.decoding.top_k import BLOCK_SIZE, top_k


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("size", [7, BLOCK_SIZE * 9, BLOCK_SIZE * 9 + 1])
@pytest.mark.parametrize("compiled", [False, True])
def test_top_k_matches_tensorflow(size, k, compiled):
    values = np.random.default_rng(size).normal(size=(2, 3, size)).astype("float32")
    actual = tf.function(top_k, jit_compile=compiled)(tf.constant(values), k)
    for result, expected in zip(actual, tf.math.top_k(values, k), strict=True):
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("size", [5, BLOCK_SIZE * 2, BLOCK_SIZE * 9 + 1])
@pytest.mark.parametrize("compiled", [False, True])
def test_top_k_of_unknown_size_matches_tensorflow(size, compiled):
    values = np.random.default_rng(size).normal(size=(2, 3, size)).astype("float32")
    spec = tf.TensorSpec([None, 3, None], tf.float32)
    function = tf.function(lambda x: top_k(x, 5), input_signature=[spec], jit_compile=compiled)
    for result, expected in zip(function(tf.constant(values)), tf.math.top_k(values, 5), strict=True):
        np.testing.assert_array_equal(result, expected)


def test_top_k_of_equal_elements_returns_first():
    values = np.zeros((1, 2, BLOCK_SIZE * 8), "float32")
    values[0, 1, [3, 70, 200, 201, 510]] = 1.0
    _, indices = top_k(tf.constant(values), 4)
    assert indices.numpy().tolist() == [[[0, 1, 2, 3], [3, 70, 200, 201]]]

"""Attention context: distances, key counts and query counts."""

import keras
import numpy as np

from foveal.layers import AttentionContext, biases


def to_numpy(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def make_context(queries, keys, **kwargs):
    return AttentionContext(query_positions=np.arange(queries), key_positions=np.arange(keys), **kwargs)


def test_distance_is_query_position_minus_key_position():
    np.testing.assert_array_equal(make_context(2, 3).distance, [[0, -1, -2], [1, 0, -1]])


def test_key_count_counts_unmasked_keys():
    mask = np.array([[True, True, False], [True, False, False]])
    np.testing.assert_array_equal(to_numpy(make_context(2, 3, mask=mask).key_count), [2, 1])
    np.testing.assert_array_equal(to_numpy(make_context(2, 3, mask=mask[:1]).key_count), [2])
    np.testing.assert_array_equal(to_numpy(make_context(2, 3).key_count), [3, 3])


def test_count_queries_counts_queries_with_an_unmasked_key():
    mask = np.array([[[1, 1], [1, 0], [0, 0]], [[0, 1], [0, 0], [0, 0]]], bool)
    np.testing.assert_array_equal(to_numpy(biases.count_queries(mask, 3)), [[2], [1]])
    np.testing.assert_array_equal(to_numpy(biases.count_queries(mask[:, :1], 3)), [[3], [3]])
    assert to_numpy(biases.count_queries(None, 3)) == 3

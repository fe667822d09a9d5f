"""Tests of operations on ragged tensors against those of TensorFlow."""

import tensorflow as tf

from foveal.pipelines.text.ragged import expand_rows, merge_dims, row_of_values

OUTER = tf.ragged.constant([[1, 2], [], [3, 4, 5]], row_splits_dtype=tf.int64)
INNER = tf.ragged.constant([[1], [], [2, 3], [4], [5, 6]], row_splits_dtype=tf.int64)


def test_merge_dims_matches_tensorflow():
    expected = OUTER.with_values(INNER).merge_dims(1, 2)
    assert merge_dims(OUTER, INNER).to_list() == expected.to_list() == [[1], [], [2, 3, 4, 5, 6]]


def test_row_of_values_matches_tensorflow():
    for ragged in (OUTER, INNER, OUTER[:0]):
        assert row_of_values(ragged).numpy().tolist() == ragged.value_rowids().numpy().tolist()


def test_expand_rows_replaces_marked_rows():
    is_expanded = tf.constant([True, False, False, True])
    rows = tf.ragged.constant([[7, 8, 9], [5, 6]])
    assert expand_rows(tf.constant([0, 1, 2, 3]), is_expanded, rows).to_list() == [
        [7, 8, 9],
        [1],
        [2],
        [5, 6],
    ]
    assert expand_rows(tf.constant([1, 2]), tf.constant([False, False]), rows[:0]).to_list() == [[1], [2]]

"""Operations on ragged tensors, in memory that does not grow with the longest row."""

import tensorflow as tf


def merge_dims(outer: tf.RaggedTensor, inner: tf.RaggedTensor) -> tf.RaggedTensor:
    """Compute `outer.with_values(inner).merge_dims(1, 2)` without its checks."""
    splits = tf.gather(inner.row_splits, outer.row_splits)
    return tf.RaggedTensor.from_row_splits(inner.values, splits, validate=False)


def row_of_values(ragged: tf.RaggedTensor) -> tf.Tensor:
    """Compute the row of each value, `ragged.value_rowids()` as int32."""
    starts, size = ragged.row_starts()[:, tf.newaxis], tf.size(ragged.values)
    ones = tf.ones_like(starts[:, 0], tf.int32)
    return tf.cumsum(tf.scatter_nd(starts, ones, [tf.cast(size, tf.int64) + 1]))[:-1] - 1


def expand_rows(values: tf.Tensor, is_expanded: tf.Tensor, rows: tf.RaggedTensor) -> tf.RaggedTensor:
    """Build rows of one value each, of which some are replaced by longer rows.

    Args:
        values: `(rows,)`.
        is_expanded: `(rows,)` bool.
        rows: the rows where `is_expanded`, in their order.

    Example:
        >>> is_expanded = tf.constant([False, True, False])
        >>> expand_rows(tf.constant([1, 0, 4]), is_expanded, tf.ragged.constant([[2, 3]])).to_list()
        [[1], [2, 3], [4]]
    """
    count = tf.size(values)
    lengths = tf.concat([tf.ones_like(values, tf.int64), rows.row_lengths()], 0)
    candidates = tf.concat([values, rows.values], 0)
    candidates = tf.RaggedTensor.from_row_lengths(candidates, lengths, validate=False)
    expanded = count - 1 + tf.cumsum(tf.cast(is_expanded, tf.int32))
    return tf.gather(candidates, tf.where(is_expanded, expanded, tf.range(count)))

"""Separator of the parts of a text: a byte that occurs in no text."""

import tensorflow as tf

SEPARATOR = b"\xff"  # occurs in no valid text; in an invalid one it is replaced by
INVALID = b"\xfe"  # this byte, which is invalid too


def replace_separator(texts: tf.Tensor) -> tf.Tensor:
    """Replace each byte `SEPARATOR` of texts `(batch,)` by `INVALID`; the offsets of all bytes stay."""
    parts = tf.strings.split(texts, SEPARATOR)
    marked = tf.strings.join([INVALID, parts.values])
    joined = tf.strings.unsorted_segment_join(marked, parts.value_rowids(), tf.size(texts))
    return tf.strings.substr(joined, 1, tf.int32.max)

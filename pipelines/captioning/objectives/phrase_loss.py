"""Phrase attention loss: supervision of attention by the gold objects of noun phrases (Liu et al. 2017)."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from ....datasets.captioning import AnnotationTable
from ....focus import attention_losses


def gold_objects_of_tokens(spans: np.ndarray, phrases: AnnotationTable) -> np.ndarray:
    """Find for each token the objects of the noun phrase that it belongs to or follows.

    In `a star is left of two rings`, `left of` attends to the star: the position of an object that was named
    can be known, but not which object is named next. A token before the first phrase, as in `near the top
    is a star`, has no object.

    Args:
        spans: `(tokens, 2)`, first and last byte of each token in its caption; a token at the end of the
            caption has no length.
        phrases: `start`, `end` and `object` of the phrases of that caption, one row per object.

    Returns:
        `(tokens,)` int32, objects as bits: 5 is the first and the third.
    """
    starts = np.unique(phrases["start"])
    bits = [int(np.bitwise_or.reduce(1 << phrases["object"][phrases["start"] == start])) for start in starts]
    num_phrases = np.searchsorted(starts, spans[:, 1])  # phrases that start before the token ends
    return np.array([0, *bits], np.int32)[num_phrases]


def object_coverage(tables: Sequence[AnnotationTable], rows: int, columns: int) -> np.ndarray:
    """Compute the share of each cell that the box of an object covers, relative to its best-covered cell.

    Args:
        tables: the objects of each image.
        rows, columns: size of the grid.

    Returns:
        `(images, objects, rows * columns)` float32, padded to the largest number of objects.
    """
    num_objects = max(len(table["bbox"]) for table in tables)
    coverage = np.zeros((len(tables), num_objects, rows, columns), np.float32)
    for image, table in enumerate(tables):
        top, left, bottom, right = np.asarray(table["bbox"]).reshape(-1, 4).T
        vertical = _overlap(top * rows, bottom * rows, rows)
        horizontal = _overlap(left * columns, right * columns, columns)
        coverage[image, : len(top)] = vertical[:, :, None] * horizontal[:, None, :]
    coverage = coverage.reshape(len(tables), num_objects, rows * columns)
    return coverage / np.maximum(coverage.max(axis=-1, keepdims=True), 1e-6)


def phrase_attention_loss(attention: tf.Tensor, gold_objects: tf.Tensor, coverage: tf.Tensor) -> tf.Tensor:
    """Compute the sum over tokens of the negative log of the attention mass on their gold objects.

    Args:
        attention: `(batch, num_layers, T, cells)`.
        gold_objects: `(batch, T)`, objects as bits; tokens without an object do not count.
        coverage: `(batch, objects, cells)`, see `object_coverage`.

    Returns:
        A scalar.
    """
    bits = tf.bitwise.right_shift(gold_objects[..., None], tf.range(tf.shape(coverage)[1])) & 1
    cells = tf.minimum(tf.matmul(tf.cast(bits, tf.float32), coverage), 1.0)  # (batch, T, cells)
    losses, _ = attention_losses(attention, cells[:, None], "mass")
    return tf.reduce_sum(losses)


def _overlap(start: np.ndarray, end: np.ndarray, num_cells: int) -> np.ndarray:
    """Compute the share of each cell along one axis between start and end, `(objects, cells)`."""
    edges = np.arange(num_cells)
    return np.clip(np.minimum(end[:, None], edges + 1) - np.maximum(start[:, None], edges), 0, 1)

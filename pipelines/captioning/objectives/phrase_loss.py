"""Gold phrases: which objects each piece of a caption should look at, and the cells where they are."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from ....datasets.captioning import AnnotationTable
from ....focus import attention_losses


def gold_objects_of_tokens(spans: np.ndarray, phrases: AnnotationTable) -> np.ndarray:
    """For each piece the objects of the noun phrase that it belongs to or comes after.

    So `left of` in `a star is left of two rings` looks at the star: of what was named one can know
    where it is, of what is named next not even what it will be. A piece before the first phrase, as in
    `near the top is a star`, has none.

    Args:
        spans: `(pieces, 2)`, from which to which byte of its caption each piece goes; a mark at the end
            of the caption has no length.
        phrases: `start`, `end` and `object` of that caption's phrases, a row for every object.

    Returns:
        `(pieces,)` int32, the objects as bits: 5 is the first and the third.
    """
    starts = np.unique(phrases["start"])
    bits = [int(np.bitwise_or.reduce(1 << phrases["object"][phrases["start"] == start])) for start in starts]
    begun = np.searchsorted(starts, spans[:, 1])  # phrases that begin before the piece ends
    return np.array([0, *bits], np.int32)[begun]


def coverage(tables: Sequence[AnnotationTable], rows: int, columns: int) -> np.ndarray:
    """How much of each cell an object's box covers, relative to the cell that it covers most.

    Args:
        tables: the objects of each picture.
        rows, columns: of the grid.

    Returns:
        `(pictures, objects, rows * columns)` float32; as many objects as the picture with the most has.
    """
    most = max(len(table["bbox"]) for table in tables)
    covered = np.zeros((len(tables), most, rows, columns), np.float32)
    for picture, table in enumerate(tables):
        top, left, bottom, right = np.asarray(table["bbox"]).reshape(-1, 4).T
        tall = _overlap(top * rows, bottom * rows, rows)
        wide = _overlap(left * columns, right * columns, columns)
        covered[picture, : len(top)] = tall[:, :, None] * wide[:, None, :]
    covered = covered.reshape(len(tables), most, rows * columns)
    return covered / np.maximum(covered.max(axis=-1, keepdims=True), 1e-6)


def _overlap(start: np.ndarray, end: np.ndarray, cells: int) -> np.ndarray:
    """How much of each cell along one side lies between start and end: `(objects, cells)`."""
    edges = np.arange(cells)
    return np.clip(np.minimum(end[:, None], edges + 1) - np.maximum(start[:, None], edges), 0, 1)


def phrase_attention_loss(attention: tf.Tensor, looks: tf.Tensor, covered: tf.Tensor) -> tf.Tensor:
    """Sum over pieces of -log of the attention on the objects that they should look at, a scalar.

    Args:
        attention: `(batch, blocks, T, cells)`.
        looks: `(batch, T)`, objects as bits; pieces without any do not count.
        covered: `(batch, objects, cells)`, see `coverage`.
    """
    bits = tf.bitwise.right_shift(looks[..., None], tf.range(tf.shape(covered)[1])) & 1
    cells = tf.minimum(tf.matmul(tf.cast(bits, tf.float32), covered), 1.0)  # (batch, T, cells)
    losses, _ = attention_losses(attention, cells[:, None], "mass")
    return tf.reduce_sum(losses)

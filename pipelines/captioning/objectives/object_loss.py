"""Gold objects as a second task of the encoder: name what stands in each cell of the grid, and say where its
box ends. A caption needs both; where an object is within its cell decides whether it is `near the top`."""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from ....datasets.captioning import AnnotationTable

NONE = 0  # also what fills up a batch; the names count from 1


def label_names(tables: Sequence[AnnotationTable]) -> dict[str, list[str]]:
    """The names in each column of labels, such as shape and colour, of all objects, sorted."""
    texts = [name for name, column in tables[0].items() if column.dtype.kind in "UO"]
    return {name: sorted({str(label) for table in tables for label in table[name]}) for name in texts}


def cell_labels(
    tables: Sequence[AnnotationTable], names: dict[str, list[str]], rows: int, columns: int
) -> np.ndarray:
    """What stands in each cell: the labels of the object whose box has its centre there.

    Args:
        tables: the objects of each picture, later ones in front.
        names: see `label_names`.
        rows, columns: of the grid.

    Returns:
        `(pictures, rows, columns, kinds of labels)` int32, `NONE` where no object stands.
    """
    labels = np.full((len(tables), rows, columns, len(names)), NONE, np.int32)
    for picture, table in enumerate(tables):
        row, column = _centre_cells(table, rows, columns)
        for kind, (name, known) in enumerate(names.items()):
            labels[picture, row, column, kind] = [1 + known.index(str(label)) for label in table[name]]
    return labels


def cell_boxes(tables: Sequence[AnnotationTable], rows: int, columns: int) -> np.ndarray:
    """How far the box of the object in each cell reaches from the middle of the cell.

    Args:
        tables: the objects of each picture, later ones in front.
        rows, columns: of the grid.

    Returns:
        `(pictures, rows, columns, 4)` float32: its top, left, bottom and right below and right of the cell's
        middle, in cells; zeros where no object stands.
    """
    boxes = np.zeros((len(tables), rows, columns, 4), np.float32)
    for picture, table in enumerate(tables):
        row, column = _centre_cells(table, rows, columns)
        edges = np.asarray(table["bbox"]).reshape(-1, 4) * [rows, columns, rows, columns]
        boxes[picture, row, column] = edges - np.stack([row, column, row, column], axis=1) - 0.5
    return boxes


def _centre_cells(table: AnnotationTable, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """The row and the column of the cell in which each object has its centre."""
    top, left, bottom, right = np.asarray(table["bbox"]).reshape(-1, 4).T
    row = np.minimum((top + bottom) / 2 * rows, rows - 1).astype(int)
    column = np.minimum((left + right) / 2 * columns, columns - 1).astype(int)
    return row, column


def build_object_classifier(grid_shape: tuple[int, int, int], names: dict[str, list[str]]) -> keras.Model:
    """A linear classifier of cells: grid -> for each kind of label logits `(batch, rows, columns, names)`,
    under `there` whether an object stands there, and under `box` how far it reaches, see `cell_boxes`."""
    grid = keras.Input(grid_shape, name="grid")
    sizes = {"there": 1, "box": 4} | {name: len(known) for name, known in names.items()}
    return keras.Model(grid, {name: keras.layers.Dense(n, name=name)(grid) for name, n in sizes.items()})


def object_loss(told: dict[str, tf.Tensor], labels: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
    """Sum of the cross-entropies of every cell's `there` and of every object's labels, and of how far each
    object's box is off, edge by edge, in cells; a scalar."""
    there = tf.reduce_max(labels, axis=-1) > NONE
    target = tf.cast(there, tf.float32)[..., None]
    total = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(target, told["there"]))
    total += tf.reduce_sum(tf.abs(told["box"] - boxes) * target)
    for kind, name in enumerate(name for name in told if name not in ("there", "box")):
        which = tf.maximum(labels[..., kind] - 1, 0)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(which, told[name])
        total += tf.reduce_sum(tf.where(there, losses, 0.0))
    return total

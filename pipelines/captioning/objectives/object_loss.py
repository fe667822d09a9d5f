"""Object loss: object detection on the cells of the encoder's grid.

Captions need the names of objects and the extents of their boxes: the position of an object within its cell
decides whether it is `near the top`.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from ....datasets.captioning import AnnotationTable

NO_OBJECT = 0  # also pads a batch; labels count from 1
DETECTION = ("objectness", "box")  # outputs of the classifier that are no label


def label_names(tables: Sequence[AnnotationTable]) -> dict[str, list[str]]:
    """Collect the sorted values of each text column, such as shape and colour, of all objects."""
    columns = [name for name, column in tables[0].items() if column.dtype.kind in "UO"]
    return {name: sorted({str(label) for table in tables for label in table[name]}) for name in columns}


def cell_labels(
    tables: Sequence[AnnotationTable], names: dict[str, list[str]], rows: int, columns: int
) -> np.ndarray:
    """Label each cell with the object whose box has its centre there.

    Args:
        tables: the objects of each image; later ones are in front.
        names: see `label_names`.
        rows, columns: size of the grid.

    Returns:
        `(images, rows, columns, kinds of labels)` int32, `NO_OBJECT` in a cell without an object.
    """
    labels = np.full((len(tables), rows, columns, len(names)), NO_OBJECT, np.int32)
    for image, table in enumerate(tables):
        row, column = _centre_cells(table, rows, columns)
        for kind, (name, values) in enumerate(names.items()):
            labels[image, row, column, kind] = [1 + values.index(str(label)) for label in table[name]]
    return labels


def cell_boxes(tables: Sequence[AnnotationTable], rows: int, columns: int) -> np.ndarray:
    """Compute the box of the object in each cell, relative to the middle of the cell.

    Args:
        tables: the objects of each image; later ones are in front.
        rows, columns: size of the grid.

    Returns:
        `(images, rows, columns, 4)` float32: top, left, bottom and right minus the middle of the cell, in
        cells; zeros in a cell without an object.
    """
    boxes = np.zeros((len(tables), rows, columns, 4), np.float32)
    for image, table in enumerate(tables):
        row, column = _centre_cells(table, rows, columns)
        edges = np.asarray(table["bbox"]).reshape(-1, 4) * [rows, columns, rows, columns]
        boxes[image, row, column] = edges - np.stack([row, column, row, column], axis=1) - 0.5
    return boxes


def build_object_classifier(grid_shape: tuple[int, int, int], names: dict[str, list[str]]) -> keras.Model:
    """Build a linear classifier of grid cells.

    Args:
        grid_shape: `(rows, columns, channels)`.
        names: see `label_names`.

    Returns:
        A model, grid `(batch, rows, columns, channels)` -> logits `(batch, rows, columns, n)` of each kind
        of label; `objectness`, one logit; and `box`, four edges, see `cell_boxes`.
    """
    grid = keras.Input(grid_shape, name="grid")
    sizes = {"objectness": 1, "box": 4} | {name: len(values) for name, values in names.items()}
    return keras.Model(grid, {name: keras.layers.Dense(n, name=name)(grid) for name, n in sizes.items()})


def label_kinds(object_classifier: keras.Model) -> list[str]:
    """Return the kinds of labels of a classifier from `build_object_classifier`, in their order."""
    return [name for name in object_classifier.output if name not in DETECTION]


def object_loss(predictions: dict[str, tf.Tensor], labels: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
    """Sum the objectness loss of every cell and the label and box losses of every object.

    Args:
        predictions: outputs of the classifier.
        labels: `(batch, rows, columns, kinds)`, see `cell_labels`; a kind that is `NO_OBJECT` where others
            are not is unknown.
        boxes: `(batch, rows, columns, 4)`, see `cell_boxes`.

    Returns:
        A scalar: cross-entropies, and the absolute errors of the edges in cells.
    """
    has_object = tf.reduce_max(labels, axis=-1) > NO_OBJECT
    target = tf.cast(has_object, tf.float32)[..., None]
    total = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(target, predictions["objectness"]))
    total += tf.reduce_sum(tf.abs(predictions["box"] - boxes) * target)
    for kind, name in enumerate(name for name in predictions if name not in DETECTION):
        classes = tf.maximum(labels[..., kind] - 1, 0)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(classes, predictions[name])
        total += tf.reduce_sum(tf.where(labels[..., kind] > NO_OBJECT, losses, 0.0))
    return total


def object_accuracy(predictions: dict[str, tf.Tensor], labels: np.ndarray) -> np.ndarray:
    """Find for each object whether the class of highest logit of every kind of label is its label.

    Args:
        predictions: outputs of the classifier.
        labels: `(batch, rows, columns, kinds)`, see `cell_labels`.

    Returns:
        `(objects,)` booleans.
    """
    has_object = labels.max(axis=-1) > NO_OBJECT
    classes = [np.argmax(logits, axis=-1) for name, logits in predictions.items() if name not in DETECTION]
    return (np.stack(classes, axis=-1) == labels - 1)[has_object].all(axis=-1)


def _centre_cells(table: AnnotationTable, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Find row and column of the cell that holds the centre of each object."""
    top, left, bottom, right = np.asarray(table["bbox"]).reshape(-1, 4).T
    row = np.minimum((top + bottom) / 2 * rows, rows - 1).astype(int)
    column = np.minimum((left + right) / 2 * columns, columns - 1).astype(int)
    return row, column

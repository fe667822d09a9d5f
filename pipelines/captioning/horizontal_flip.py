"""Horizontal flip augmentation: flipped images and their boxes."""

from collections.abc import Sequence

import numpy as np

from ...datasets.captioning import AnnotationTable


class WithFlips:
    """Rows of images, followed by the same rows flipped horizontally.

    Index `i` is image `i`; index `len(rows) + i` is its flip.

    Args:
        rows: `(images, rows, columns, ...)`, pixels or grid cells.
        flipped: the same of the flipped images; None flips `rows` along the columns on access.

    Example:
        >>> WithFlips(np.array([[[1, 2]], [[3, 4]]]))[np.array([1, 3])].tolist()
        [[[3, 4]], [[4, 3]]]
    """

    def __init__(self, rows: np.ndarray, flipped: np.ndarray | None = None):
        self.rows = rows
        self.flipped = rows[:, :, ::-1] if flipped is None else flipped

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        selected = self.rows[indices % len(self.rows)]
        is_flipped = indices >= len(self.rows)
        selected[is_flipped] = self.flipped[indices[is_flipped] - len(self.rows)]
        return selected


def flip_boxes(tables: Sequence[AnnotationTable]) -> list[AnnotationTable]:
    """Flip the boxes of images horizontally.

    Args:
        tables: objects of each image; `bbox` is top, left, bottom, right as fractions from 0 to 1.

    Returns:
        The tables of the flipped images.
    """
    return [{**table, "bbox": _flip(np.asarray(table["bbox"]).reshape(-1, 4))} for table in tables]


def _flip(boxes: np.ndarray) -> np.ndarray:
    top, left, bottom, right = boxes.T
    return np.stack([top, 1 - right, bottom, 1 - left], axis=1)

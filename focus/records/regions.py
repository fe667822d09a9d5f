"""Geometry of image regions and bounding boxes."""

import numpy as np
import numpy.typing as npt

from .axes import ImageAxis


def box_coverage(axis: ImageAxis, boxes: npt.ArrayLike) -> np.ndarray:
    """Compute the fraction of each region that is covered by any of some boxes.

    Args:
        axis: the regions.
        boxes: `(boxes, 4)`: top, left, bottom and right in pixels, clipped to the image.

    Returns:
        `(regions,)`, from 0 to 1.

    Raises:
        ValueError: if a box lies outside the image or is empty.

    Example:
        >>> halves = ImageAxis(np.array([[0, 0, 10, 5], [0, 5, 10, 10]]), (10, 10))
        >>> box_coverage(halves, [(0, 0, 10, 6), (0, 0, 10, 7)]).tolist()
        [1.0, 0.4]
    """
    boxes = validate_boxes(axis, boxes)
    regions = np.asarray(axis.boxes, float)
    rows, columns = np.unique(boxes[:, [0, 2]]), np.unique(boxes[:, [1, 3]])
    # Between neighbouring edges every cell is either inside of a box or outside of all.
    vertical = (boxes[:, 0, None] <= rows[:-1]) & (rows[:-1] < boxes[:, 2, None])
    horizontal = (boxes[:, 1, None] <= columns[:-1]) & (columns[:-1] < boxes[:, 3, None])
    filled = np.einsum("br,bc->rc", vertical, horizontal) > 0
    heights = _overlap(regions[:, 0], regions[:, 2], rows)
    widths = _overlap(regions[:, 1], regions[:, 3], columns)
    area = (regions[:, 2] - regions[:, 0]) * (regions[:, 3] - regions[:, 1])
    return np.einsum("nr,rc,nc->n", heights, filled, widths) / area


def validate_boxes(axis: ImageAxis, boxes: npt.ArrayLike) -> np.ndarray:
    """Clip boxes to the image, or raise.

    Args:
        axis: the regions of the image.
        boxes: `(boxes, 4)`: top, left, bottom and right in pixels.

    Returns:
        `(boxes, 4)` float.

    Raises:
        ValueError: if a box lies outside the image or is empty.
    """
    boxes = np.asarray(boxes, float).reshape(-1, 4)
    clipped = np.clip(boxes, 0, [*axis.size, *axis.size])
    empty = (clipped[:, 0] >= clipped[:, 2]) | (clipped[:, 1] >= clipped[:, 3])
    if empty.any():
        raise ValueError(
            f"`boxes` must be (top, left, bottom, right) within the image of {axis.size} pixels. "
            f"Received: box={boxes[empty][0].tolist()}"
        )
    return clipped


def _overlap(start: np.ndarray, end: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The length of each interval between edges that lies within each region: `(regions, intervals)`."""
    return np.clip(np.minimum(end[:, None], edges[1:]) - np.maximum(start[:, None], edges[:-1]), 0, None)

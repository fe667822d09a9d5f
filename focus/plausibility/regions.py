"""Did the model look at what a word names? Attention on a picture, against boxes that people drew."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..evaluation.baselines import AttentionMaps
from ..records.focus_record import ImageAxis


def pointing_game(maps: AttentionMaps, axes: Sequence[ImageAxis], boxes: Sequence[Any]) -> np.ndarray:
    """Whether the region that was looked at most lies on the object (Zhang et al. 2016).

    It does where the middle of the region lies in a box; the middle, since a region may be larger than
    the object. Of several regions with the same, highest weight the share that hits is taken: so a uniform
    map scores the share of the regions that lie on the object, which is what chance does.

    Args:
        maps: for each word weights `(regions,)`.
        axes: for each word its picture.
        boxes: for each word the gold boxes `(boxes, 4)`: top, left, bottom, right in pixels of the picture.

    Returns:
        `(words,)`, from 0 to 1; NaN for a word without boxes. A map of zeros looked nowhere: 0.

    Raises:
        ValueError: where weights are not one for each region, negative or NaN; where a box lies outside
            the picture or is empty.

    Example:
        >>> halves = ImageAxis(np.array([[0, 0, 10, 5], [0, 5, 10, 10]]), (10, 10))
        >>> pointing_game([[0.7, 0.3], [0.5, 0.5]], [halves] * 2, [[(2, 0, 8, 4)]] * 2).tolist()
        [1.0, 0.5]

    Reference: Zhang et al., Top-down Neural Attention by Excitation Backprop (2016), on the pointing game.
    """

    def hits(weights: np.ndarray, axis: ImageAxis, gold: np.ndarray) -> float:
        most = (weights == weights.max()) & (weights > 0)
        top, left, bottom, right = np.asarray(axis.boxes, float).T[:, :, None]
        row, column = (top + bottom) / 2, (left + right) / 2
        inside = (gold[:, 0] <= row) & (row < gold[:, 2]) & (gold[:, 1] <= column) & (column < gold[:, 3])
        return inside.any(axis=1)[most].mean() if most.any() else 0.0

    return _of_words(hits, maps, axes, boxes)


def attention_correctness(maps: AttentionMaps, axes: Sequence[ImageAxis], boxes: Sequence[Any]) -> np.ndarray:
    """How much of the attention lies on the object (Liu et al. 2017).

    The weight of each region counts by the share of the region that the boxes cover. A uniform map over
    regions that tile the picture scores the share of the picture that the object takes: read it beside that.

    Args, returns and raises what `pointing_game` does.

    Example:
        >>> halves = ImageAxis(np.array([[0, 0, 10, 5], [0, 5, 10, 10]]), (10, 10))
        >>> attention_correctness([[0.7, 0.3]], [halves], [[(0, 0, 5, 5)]]).tolist()
        [0.35]

    Reference: Liu et al., Attention Correctness in Neural Image Captioning (2017).
    """

    def mass(weights: np.ndarray, axis: ImageAxis, gold: np.ndarray) -> float:
        return (weights * box_coverage(axis, gold)).sum() / (weights.sum() or 1)

    return _of_words(mass, maps, axes, boxes)


def box_coverage(axis: ImageAxis, boxes: npt.ArrayLike) -> np.ndarray:
    """The share of each region that lies in any of the boxes, `(regions,)`.

    Args:
        axis: the regions.
        boxes: `(boxes, 4)`: top, left, bottom, right in pixels; what lies beyond the picture does not count.

    Raises:
        ValueError: where a box lies outside the picture or is empty.

    Example:
        >>> halves = ImageAxis(np.array([[0, 0, 10, 5], [0, 5, 10, 10]]), (10, 10))
        >>> box_coverage(halves, [(0, 0, 10, 6), (0, 0, 10, 7)]).tolist()
        [1.0, 0.4]
    """
    gold = _checked_boxes(axis, boxes)
    regions = np.asarray(axis.boxes, float)
    rows, columns = np.unique(gold[:, [0, 2]]), np.unique(gold[:, [1, 3]])
    # between neighbouring edges everything is either in a box or in none
    down = (gold[:, 0, None] <= rows[:-1]) & (rows[:-1] < gold[:, 2, None])
    across = (gold[:, 1, None] <= columns[:-1]) & (columns[:-1] < gold[:, 3, None])
    filled = np.einsum("br,bc->rc", down, across) > 0
    tall, wide = _overlap(regions[:, 0], regions[:, 2], rows), _overlap(regions[:, 1], regions[:, 3], columns)
    area = (regions[:, 2] - regions[:, 0]) * (regions[:, 3] - regions[:, 1])
    return np.einsum("nr,rc,nc->n", tall, filled, wide) / area


def _overlap(start: np.ndarray, end: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """How much of each stretch between edges lies between start and end: `(regions, stretches)`."""
    return np.clip(np.minimum(end[:, None], edges[1:]) - np.maximum(start[:, None], edges[:-1]), 0, None)


def _of_words(
    measure: Callable, maps: AttentionMaps, axes: Sequence[ImageAxis], boxes: Sequence
) -> np.ndarray:
    if not len(maps) == len(axes) == len(boxes):
        raise ValueError(
            "Expected a picture and boxes for each map. "
            f"Received: {len(maps)} maps, {len(axes)} pictures, {len(boxes)} words with boxes."
        )
    found = []
    for weights, axis, gold in zip(maps, axes, boxes, strict=True):
        weights = np.asarray(weights, float)
        if weights.shape != (len(axis),) or not (np.isfinite(weights) & (weights >= 0)).all():
            raise ValueError(
                f"Expected weights from 0 on for each of {len(axis)} regions. Received: {weights.shape}, "
                f"{weights.min(initial=np.inf)} to {weights.max(initial=-np.inf)}."
            )
        found.append(measure(weights, axis, _checked_boxes(axis, gold)) if len(gold) else np.nan)
    return np.array(found)


def _checked_boxes(axis: ImageAxis, boxes: npt.ArrayLike) -> np.ndarray:
    """The boxes as far as they lie in the picture."""
    gold = np.asarray(boxes, float).reshape(-1, 4)
    within = np.clip(gold, 0, [*axis.size, *axis.size])
    empty = (within[:, 0] >= within[:, 2]) | (within[:, 1] >= within[:, 3])
    if empty.any():
        raise ValueError(
            f"Expected boxes (top, left, bottom, right) in a picture of {axis.size} pixels. "
            f"Received: {gold[empty][0].tolist()}."
        )
    return within

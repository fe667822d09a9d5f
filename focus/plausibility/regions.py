"""Agreement of attention over image regions with gold boxes: pointing game, attention correctness."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from ..evaluation.attention_maps import AttentionMaps
from ..records.axes import ImageAxis
from ..records.regions import box_coverage, validate_boxes


def pointing_game(
    maps: AttentionMaps, axes: Sequence[ImageAxis], boxes: Sequence[npt.ArrayLike]
) -> np.ndarray:
    """Compute whether the region of maximum attention lies on the object (Zhang et al. 2016).

    It is a hit if the centre of the region lies in a box; the centre, because a region may be larger than
    the object. With ties, the result is the fraction of the tied regions that hit. A uniform map therefore
    scores the fraction of the regions that lie on the object, the expectation of a random choice.

    Args:
        maps: for each word weights `(regions,)`.
        axes: for each word the regions of its image.
        boxes: for each word the gold boxes `(boxes, 4)`: top, left, bottom, right in pixels of the image.

    Returns:
        `(words,)`, from 0 to 1; NaN for a word without boxes, 0 for a map of zeros.

    Raises:
        ValueError: if there is not one weight for each region, or a weight is negative or NaN; if a box
            lies outside the image or is empty.

    Example:
        >>> halves = ImageAxis(np.array([[0, 0, 10, 5], [0, 5, 10, 10]]), (10, 10))
        >>> pointing_game([[0.7, 0.3], [0.5, 0.5]], [halves] * 2, [[(2, 0, 8, 4)]] * 2).tolist()
        [1.0, 0.5]

    Reference:
        Zhang et al. 2016, Top-down Neural Attention by Excitation Backprop, on the pointing game.
    """

    def hit_rate(weights: np.ndarray, axis: ImageAxis, gold: np.ndarray) -> float:
        maximal = (weights == weights.max()) & (weights > 0)
        top, left, bottom, right = np.asarray(axis.boxes, float).T[:, :, None]
        row, column = (top + bottom) / 2, (left + right) / 2
        inside = (gold[:, 0] <= row) & (row < gold[:, 2]) & (gold[:, 1] <= column) & (column < gold[:, 3])
        return inside.any(axis=1)[maximal].mean() if maximal.any() else 0.0

    return _measure_words(hit_rate, maps, axes, boxes)


def attention_correctness(
    maps: AttentionMaps, axes: Sequence[ImageAxis], boxes: Sequence[npt.ArrayLike]
) -> np.ndarray:
    """Compute the fraction of the attention that lies on the object (Liu et al. 2017).

    The weight of each region is multiplied by the fraction of the region that the boxes cover. A uniform map
    over regions that tile the image scores the fraction of the image that the object covers; compare with it.

    Args:
        maps: for each word weights `(regions,)`.
        axes: for each word the regions of its image.
        boxes: for each word the gold boxes `(boxes, 4)`: top, left, bottom, right in pixels of the image.

    Returns:
        `(words,)`, from 0 to 1; NaN for a word without boxes, 0 for a map of zeros.

    Raises:
        ValueError: as in `pointing_game`.

    Example:
        >>> halves = ImageAxis(np.array([[0, 0, 10, 5], [0, 5, 10, 10]]), (10, 10))
        >>> attention_correctness([[0.7, 0.3]], [halves], [[(0, 0, 5, 5)]]).tolist()
        [0.35]

    Reference:
        Liu et al. 2017, Attention Correctness in Neural Image Captioning.
    """

    def gold_mass(weights: np.ndarray, axis: ImageAxis, gold: np.ndarray) -> float:
        return (weights * box_coverage(axis, gold)).sum() / (weights.sum() or 1)

    return _measure_words(gold_mass, maps, axes, boxes)


def _measure_words(
    measure: Callable[[np.ndarray, ImageAxis, np.ndarray], float],
    maps: AttentionMaps,
    axes: Sequence[ImageAxis],
    boxes: Sequence[npt.ArrayLike],
) -> np.ndarray:
    if not len(maps) == len(axes) == len(boxes):
        raise ValueError(
            "`maps`, `axes` and `boxes` must have one entry for each word. "
            f"Received: lengths {len(maps)}, {len(axes)}, {len(boxes)}"
        )
    values = []
    for weights, axis, gold in zip(maps, axes, boxes, strict=True):
        weights = np.asarray(weights, float)
        if weights.shape != (len(axis),) or not (np.isfinite(weights) & (weights >= 0)).all():
            raise ValueError(
                f"`maps` must have a finite weight of at least 0 for each of {len(axis)} regions. "
                f"Received: map.shape={weights.shape}, from {weights.min(initial=np.inf)} to "
                f"{weights.max(initial=-np.inf)}"
            )
        values.append(measure(weights, axis, validate_boxes(axis, gold)) if np.size(gold) else np.nan)
    return np.array(values)

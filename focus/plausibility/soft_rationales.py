"""Attention weights as soft rationales: average precision, mask of the top tokens."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...optional_dependencies import optional_dependency
from ..evaluation.attention_maps import AttentionMaps, top_k_mask


def average_precision(maps: AttentionMaps, gold: Sequence[npt.ArrayLike]) -> np.ndarray:
    """Compute the average precision of weights against human rationales (scikit-learn's definition).

    It is the area under the precision-recall curve as a step function. A uniform map scores the fraction of
    gold tokens, and a random map about that. ERASER's scorer joins the points of the curve by lines instead,
    which gives a uniform map `(1 + gold fraction) / 2`, more than most models: its values are not comparable.

    Args:
        maps: for each example weights `(tokens,)`; higher weights rank first.
        gold: for each example boolean `(tokens,)`, see `tokens_in_spans`.

    Returns:
        `(examples,)`, from 0 to 1; NaN for an example without gold, whose recall is undefined.

    Raises:
        ValueError: if the numbers of examples or tokens differ, or weights are NaN.

    Example:
        >>> average_precision([[0.1, 0.6, 0.3], [0.5, 0.5]], [[False, True, False], [True, False]]).tolist()
        [1.0, 0.5]

    Reference:
        DeYoung et al. 2020, ERASER, on agreement with human rationales; Davis and Goadrich 2006, The
        Relationship Between Precision-Recall and ROC Curves, on why lines between the points mislead.
    """
    if len(maps) != len(gold):
        raise ValueError(
            "`maps` and `gold` must have one entry for each example. "
            f"Received: lengths {len(maps)} and {len(gold)}"
        )
    return np.array(
        [_average_precision(np.asarray(a, float), np.asarray(b)) for a, b in zip(maps, gold, strict=True)]
    )


def top_fraction_mask(maps: AttentionMaps, fraction: float, seed: int = 0) -> list[np.ndarray]:
    """Compute the mask of a fraction of the tokens with the highest weights: a hard rationale.

    Args:
        maps: for each example weights `(tokens,)`.
        fraction: above 0, at most 1; ERASER takes the mean fraction of gold tokens, `mean_gold_fraction`.
            The number of tokens is rounded up.
        seed: breaks ties.

    Returns:
        For each example boolean `(tokens,)`.

    Raises:
        ValueError: if the fraction is out of range, or weights are NaN.

    Example:
        >>> top_fraction_mask([[0.1, 0.6, 0.3]], 0.5)[0].tolist()
        [False, True, True]

    Reference:
        DeYoung et al. 2020, ERASER, on the choice of k.
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"`fraction` must be above 0 and at most 1. Received: fraction={fraction}")
    weights = [_check_not_nan(np.asarray(row, float)) for row in maps]
    return [
        top_k_mask(row, math.ceil(fraction * len(row)), np.random.default_rng([seed, index]))
        for index, row in enumerate(weights)
    ]


def mean_gold_fraction(gold: Sequence[npt.ArrayLike]) -> float:
    """Compute the mean fraction of gold tokens over the examples with gold.

    Args:
        gold: for each example boolean `(tokens,)`.

    Returns:
        The mean fraction.

    Raises:
        ValueError: if no example has gold.

    Example:
        >>> mean_gold_fraction([[True, False], [False, False], [True, True]])
        0.75
    """
    fractions = [np.asarray(mask, bool).mean() for mask in gold if np.any(mask)]
    if not fractions:
        raise ValueError("`gold` must hold at least one example with gold. Received: none with gold")
    return float(np.mean(fractions))


def _average_precision(weights: np.ndarray, gold: np.ndarray) -> float:
    with optional_dependency("focus"):
        from sklearn.metrics import average_precision_score

    if weights.shape != gold.shape or weights.ndim != 1:
        raise ValueError(
            "`maps` and `gold` must have shape (tokens,) for each example. "
            f"Received: map.shape={weights.shape}, gold.shape={gold.shape}"
        )
    if not gold.any():
        return np.nan
    return float(average_precision_score(gold, _check_not_nan(weights)))


def _check_not_nan(weights: np.ndarray) -> np.ndarray:
    if np.isnan(weights).any():
        raise ValueError("`maps` must not hold NaN. Received: weights with NaN")
    return weights

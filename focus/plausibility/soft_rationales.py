"""Weights as evidence: how well they rank what people chose, and what they choose themselves."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.metrics import auc, precision_recall_curve

from ..evaluation.baselines import AttentionMaps
from ..faithfulness.erasure import top_k_mask


def auprc(maps: AttentionMaps, gold: Sequence[npt.ArrayLike]) -> np.ndarray:
    """Area under the precision-recall curve of each example's weights against what people chose.

    As ERASER's scorer computes it, with straight lines between the points (the trapezoid rule). So a map
    that is the same everywhere, whose curve has two points, gets `(1 + share of gold) / 2`, and beats what
    chance gives a map whose weights differ: about the share of gold. Read the random control, not the
    uniform one.

    Args:
        maps: for each example weights `(tokens,)`; the higher, the more a token is evidence.
        gold: for each example `(tokens,)` booleans, see `tokens_in_spans`.

    Returns:
        `(examples,)`, from 0 to 1; NaN for an example without gold, which has no recall (ERASER's
        scorer, too, stops there or warns).

    Raises:
        ValueError: where the two do not fit each other, or weights are NaN.

    Example:
        >>> auprc([[0.1, 0.6, 0.3], [0.5, 0.5]], [[False, True, False], [True, False]]).tolist()
        [1.0, 0.75]

    Reference:
        DeYoung et al., ERASER (2020), on agreement with people; Davis and Goadrich, The Relationship Between
        Precision-Recall and ROC Curves (2006), on the lines between points.
    """
    if len(maps) != len(gold):
        raise ValueError(f"Expected gold for each map. Received: {len(maps)} maps, {len(gold)} gold.")
    return np.array([_auprc(np.asarray(a, float), np.asarray(b)) for a, b in zip(maps, gold, strict=True)])


def top_fraction_mask(maps: AttentionMaps, share: float, seed: int = 0) -> list[np.ndarray]:
    """The tokens of the highest weights, that share of all of them: a hard rationale from a soft one.

    Args:
        maps: for each example weights `(tokens,)`.
        share: above 0, at most 1; ERASER takes the mean share that people chose, `mean_gold_fraction`. The number
            of tokens is rounded up.
        seed: of the order among tokens of one weight.

    Returns:
        For each example `(tokens,)` booleans.

    Raises:
        ValueError: where the share is another, or weights are NaN.

    Example:
        >>> top_fraction_mask([[0.1, 0.6, 0.3]], 0.5)[0].tolist()
        [False, True, True]

    Reference: DeYoung et al., ERASER (2020), on the choice of k.
    """
    if not 0 < share <= 1:
        raise ValueError(f"Expected a share above 0 and at most 1. Received: {share}.")
    weights = [_numbers(np.asarray(one, float)) for one in maps]
    return [
        top_k_mask(one, math.ceil(share * len(one)), np.random.default_rng([seed, index]))
        for index, one in enumerate(weights)
    ]


def mean_gold_fraction(gold: Sequence[npt.ArrayLike]) -> float:
    """The mean share of its tokens that people chose of an example; those without gold do not count.

    Raises:
        ValueError: where no example has gold.
    """
    shares = [np.asarray(one, bool).mean() for one in gold if np.any(one)]
    if not shares:
        raise ValueError("Expected at least one example with gold. Received: none.")
    return float(np.mean(shares))


def _auprc(weights: np.ndarray, gold: np.ndarray) -> float:
    if weights.shape != gold.shape or weights.ndim != 1:
        raise ValueError(
            f"Expected weights and gold of shape (tokens,). Received: {weights.shape}, {gold.shape}."
        )
    if not gold.any():
        return np.nan
    precision, recall, _ = precision_recall_curve(gold, _numbers(weights))
    return auc(recall, precision)


def _numbers(weights: np.ndarray) -> np.ndarray:
    if np.isnan(weights).any():
        raise ValueError("Expected weights that are numbers. Received: NaN.")
    return weights

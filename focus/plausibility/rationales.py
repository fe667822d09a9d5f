"""Agreement of predicted rationales with human rationales (ERASER, DeYoung et al. 2020)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..evaluation.bootstrap import ConfidenceInterval, bootstrap_interval
from ..records.spans import Spans


class PrecisionRecallF1(NamedTuple):
    """Precision, recall and F1 of the rationale of each example, `(examples,)`; NaN if undefined."""

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray


def token_precision_recall(
    predicted: Sequence[npt.ArrayLike], gold: Sequence[npt.ArrayLike]
) -> PrecisionRecallF1:
    """Compute token-level precision, recall and F1 of rationales (DeYoung et al. 2020).

    Args:
        predicted: for each example boolean `(tokens,)`, such as `top_fraction_mask` or `tokens_in_spans`
            returns.
        gold: the same for the human rationales.

    Returns:
        A `PrecisionRecallF1`. All three are 0 if exactly one side has a rationale, NaN if neither has.

    Raises:
        ValueError: if the numbers of examples or tokens differ, or the arrays are not boolean.

    Example:
        >>> token_precision_recall([[True, True, False, False]], [[False, True, True, True]]).f1.tolist()
        [0.4]

    Reference:
        DeYoung et al. 2020, ERASER, on agreement with human rationales; `instance_macro` of its scorer.
    """
    pairs = _validate_masks(predicted, gold)
    num_shared = np.array([np.count_nonzero(a & b) for a, b in pairs], float)
    num_predicted = np.array([np.count_nonzero(a) for a, _ in pairs], float)
    num_gold = np.array([np.count_nonzero(b) for _, b in pairs], float)
    undefined = num_predicted + num_gold == 0
    precision, recall = (
        num_shared / np.where(undefined, np.nan, np.maximum(count, 1)) for count in (num_predicted, num_gold)
    )
    return PrecisionRecallF1(precision, recall, f1=_f1(precision, recall))


def token_f1(predicted: Sequence[npt.ArrayLike], gold: Sequence[npt.ArrayLike]) -> ConfidenceInterval:
    """Compute ERASER's token F1, the mean over the examples, with its bootstrap interval.

    Args:
        predicted: as in `token_precision_recall`.
        gold: as in `token_precision_recall`.

    Returns:
        The mean F1 with its interval.

    Raises:
        ValueError: as in `token_precision_recall`, or if no example has a rationale.

    Example:
        >>> token_f1([[True, False], [False, True]], [[True, False], [True, False]]).value
        0.5
    """
    return bootstrap_interval(token_precision_recall(predicted, gold).f1)


def span_precision_recall(
    predicted: Sequence[Spans], gold: Sequence[Spans], threshold: float = 0.5
) -> PrecisionRecallF1:
    """Compute span-level precision, recall and F1 of rationales by partial match (DeYoung et al. 2020).

    A predicted span is correct if its intersection over union (IOU) with some gold span is at least
    `threshold`.

    Args:
        predicted: for each example spans `(start, end)`, in tokens, as ERASER counts, or in bytes; see
            `spans_from_mask`.
        gold: the same for the human rationales, in the same unit.
        threshold: of the intersection over union.

    Returns:
        A `PrecisionRecallF1`. Precision is NaN without predicted spans, recall without gold, F1 if either is.

    Raises:
        ValueError: if the numbers of examples differ, or a span ends before it starts.

    Example:
        >>> span_precision_recall([[(0, 4), (7, 9)]], [[(0, 6)]]).precision.tolist()
        [0.5]

    Reference:
        DeYoung et al. 2020, ERASER, on agreement with human rationales; `partial_match_score` of its scorer.
    """
    _check_lengths(predicted, gold)
    predicted_spans, gold_spans = (
        [_validate_spans(spans) for spans in examples] for examples in (predicted, gold)
    )
    num_correct = np.array(
        [_count_correct(a, b, threshold) for a, b in zip(predicted_spans, gold_spans, strict=True)]
    )
    precision, recall = (
        num_correct / np.array([len(spans) or np.nan for spans in side])
        for side in (predicted_spans, gold_spans)
    )
    return PrecisionRecallF1(precision, recall, f1=_f1(precision, recall))


def iou_f1(predicted: Sequence[Spans], gold: Sequence[Spans], threshold: float = 0.5) -> ConfidenceInterval:
    """Compute ERASER's IOU F1, that of mean precision and mean recall, with its bootstrap interval.

    Each mean is over the examples for which it is defined; see `span_precision_recall`.

    Args:
        predicted: as in `span_precision_recall`.
        gold: as in `span_precision_recall`.
        threshold: as in `span_precision_recall`.

    Returns:
        The F1 with its interval.

    Raises:
        ValueError: as in `span_precision_recall`, or if there is no predicted or no gold span at all.

    Example:
        >>> iou_f1([[(0, 4)], [(5, 7)]], [[(0, 5)], [(0, 2)]]).value
        0.5
    """
    precision, recall, _ = span_precision_recall(predicted, gold, threshold)
    defined = [~np.isnan(values) for values in (precision, recall)]
    if not all(map(np.any, defined)):
        raise ValueError(
            "`predicted` and `gold` must hold at least one span each. Received: no predicted or no gold spans"
        )
    return bootstrap_interval(
        np.nan_to_num(precision), np.nan_to_num(recall), *defined, statistic=_f1_of_means
    )


def _f1_of_means(
    precision: np.ndarray, recall: np.ndarray, has_predicted: np.ndarray, has_gold: np.ndarray, axis: int
) -> np.ndarray:
    """F1 of the mean precision and recall, each over the examples for which it is defined; 0 without any."""
    counts = (np.maximum(defined.sum(axis), 1) for defined in (has_predicted, has_gold))
    return _f1(*(values.sum(axis) / count for values, count in zip((precision, recall), counts, strict=True)))


def _f1(precision: np.ndarray, recall: np.ndarray) -> np.ndarray:
    total = precision + recall
    return 2 * precision * recall / np.where(total == 0, 1, total)


def _count_correct(predicted: np.ndarray, gold: np.ndarray, threshold: float) -> int:
    """The number of predicted spans with sufficient overlap with a gold span."""
    if not len(gold):
        return 0
    (start, end), (gold_start, gold_end) = predicted.T[:, :, None], gold.T[:, None, :]
    intersection = np.clip(np.minimum(end, gold_end) - np.maximum(start, gold_start), 0, None)
    union = (end - start) + (gold_end - gold_start) - intersection
    return int((intersection / union >= threshold).any(axis=1).sum())


def _validate_spans(spans: Spans) -> np.ndarray:
    """The distinct spans, sorted, `(spans, 2)`."""
    array = np.array(sorted({(int(start), int(end)) for start, end in spans}), int).reshape(-1, 2)
    if (array[:, 0] >= array[:, 1]).any() or (array < 0).any():
        raise ValueError(
            f"Spans must start at 0 or later and end after their start. Received: spans={array.tolist()}"
        )
    return array


def _validate_masks(predicted: Sequence, gold: Sequence) -> list[tuple[np.ndarray, np.ndarray]]:
    _check_lengths(predicted, gold)
    pairs = [(np.asarray(a), np.asarray(b)) for a, b in zip(predicted, gold, strict=True)]
    for a, b in pairs:
        is_boolean = all(mask.dtype == bool or mask.size == 0 for mask in (a, b))
        if a.shape != b.shape or a.ndim != 1 or not is_boolean:
            raise ValueError(
                "`predicted` and `gold` must be boolean and have shape (tokens,). "
                f"Received: {a.dtype} {a.shape} and {b.dtype} {b.shape}"
            )
    return [(a.astype(bool), b.astype(bool)) for a, b in pairs]


def _check_lengths(predicted: Sequence, gold: Sequence) -> None:
    if len(predicted) != len(gold):
        raise ValueError(
            "`predicted` and `gold` must have one entry for each example. "
            f"Received: lengths {len(predicted)} and {len(gold)}"
        )

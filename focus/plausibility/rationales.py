"""Does the evidence that a model chose agree with that of people? ERASER's measures of rationales."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..evaluation.bootstrap import ConfidenceInterval, bootstrap_interval
from ..records.alignment import Spans


class PrecisionRecallF1(NamedTuple):
    """Precision, recall and F1 of the evidence of each example, `(examples,)`; NaN where there is none."""

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray


def tokens_in_spans(spans: Spans, offsets: Spans) -> np.ndarray:
    """Which tokens lie in spans, at least in part.

    Args:
        spans: from which to which byte each goes, the end not in it; none is no evidence.
        offsets: the same of each token, as in `TextAxis`; a mark without length lies in no span.

    Returns:
        `(tokens,)` booleans.

    Raises:
        ValueError: where a span holds no token: it lies outside the text, or ends before it starts.

    Example:
        >>> tokens_in_spans([(4, 8)], [(0, 3), (4, 6), (6, 8), (9, 12)]).tolist()
        [False, True, True, False]
    """
    starts, ends = np.asarray(offsets).reshape(-1, 2).T
    overlap = [(starts < end) & (ends > start) & (starts < ends) for start, end in spans]
    for span, tokens in zip(spans, overlap, strict=True):
        if not tokens.any():
            raise ValueError(
                f"Expected spans that hold a token of the text, bytes 0 to {ends.max(initial=0)}. "
                f"Received: {tuple(map(int, span))}."
            )
    return np.any(overlap, axis=0) if overlap else np.zeros(len(starts), bool)


def spans_from_mask(chosen: npt.ArrayLike) -> list[tuple[int, int]]:
    """The spans that chosen tokens make: from which to which token each goes, the end not in it.

    Example:
        >>> spans_from_mask([False, True, True, False, True])
        [(1, 3), (4, 5)]
    """
    edges = np.flatnonzero(np.diff(np.asarray(chosen, int), prepend=0, append=0))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def token_precision_recall(
    chosen: Sequence[npt.ArrayLike], gold: Sequence[npt.ArrayLike]
) -> PrecisionRecallF1:
    """How far the chosen tokens of each example are those that people chose (DeYoung et al. 2020).

    Args:
        chosen: for each example `(tokens,)` booleans, such as `top_fraction_mask` or `tokens_in_spans` gives.
        gold: the same of people.

    Returns:
        An `PrecisionRecallF1`: all three are 0 where one side alone chose anything, NaN where neither did.

    Raises:
        ValueError: where there are not as many of both, or not booleans.

    Example:
        >>> token_precision_recall([[True, True, False, False]], [[False, True, True, True]]).f1.tolist()
        [0.4]

    Reference: DeYoung et al., ERASER (2020), on agreement with people; `instance_macro` of its scorer.
    """
    pairs = _checked(chosen, gold)
    both, ours, theirs = (
        np.array([np.count_nonzero(choose(*pair)) for pair in pairs], float)
        for choose in (np.logical_and, lambda a, b: a, lambda a, b: b)
    )
    neither = ours + theirs == 0
    shares = [both / np.where(neither, np.nan, np.maximum(count, 1)) for count in (ours, theirs)]
    return PrecisionRecallF1(*shares, f1=_f1(*shares))


def token_f1(chosen: Sequence[npt.ArrayLike], gold: Sequence[npt.ArrayLike]) -> ConfidenceInterval:
    """ERASER's token F1: the mean of the examples' F1, with its bootstrap interval; see `token_precision_recall`."""
    return bootstrap_interval(token_precision_recall(chosen, gold).f1)


def span_precision_recall(
    chosen: Sequence[Spans], gold: Sequence[Spans], threshold: float = 0.5
) -> PrecisionRecallF1:
    """How far the chosen spans of each example are, near enough, those of people (DeYoung et al. 2020).

    A chosen span is right when it and some gold span share at least `threshold` of what either holds
    (intersection over union, IOU).

    Args:
        chosen: for each example spans `(start, end)`, in tokens, as ERASER counts, or in bytes; see `spans_from_mask`.
        gold: the same of people, in the same unit.
        threshold: of the intersection over the union.

    Returns:
        An `PrecisionRecallF1`: precision is NaN where nothing was chosen, recall where there is no gold, F1 with
        either.

    Raises:
        ValueError: where they are not of the same examples, or a span ends before it starts.

    Example:
        >>> span_precision_recall([[(0, 4), (7, 9)]], [[(0, 6)]]).precision.tolist()
        [0.5]

    Reference: DeYoung et al., ERASER (2020), on agreement with people; `partial_match_score` of its scorer.
    """
    if len(chosen) != len(gold):
        raise ValueError(f"Expected spans of the same examples. Received: {len(chosen)} and {len(gold)}.")
    ours, theirs = ([_spans(one) for one in spans] for spans in (chosen, gold))
    right = [_count_right(a, b, threshold) for a, b in zip(ours, theirs, strict=True)]
    counts = (np.array([len(spans) or np.nan for spans in side]) for side in (ours, theirs))
    precision, recall = (np.array(right) / count for count in counts)
    return PrecisionRecallF1(precision, recall, f1=_f1(precision, recall))


def iou_f1(chosen: Sequence[Spans], gold: Sequence[Spans], threshold: float = 0.5) -> ConfidenceInterval:
    """ERASER's IOU F1: that of the mean precision and the mean recall, with its bootstrap interval.

    Each mean is over the examples that have one; see `span_precision_recall`.
    """
    found = span_precision_recall(chosen, gold, threshold)
    known = [~np.isnan(values) for values in (found.precision, found.recall)]
    if not all(map(np.any, known)):
        raise ValueError("Expected at least one chosen and one gold span. Received: none.")
    return bootstrap_interval(
        np.nan_to_num(found.precision), np.nan_to_num(found.recall), *known, statistic=_f1_of_means
    )


def _f1_of_means(
    precision: np.ndarray, recall: np.ndarray, chose: np.ndarray, had_gold: np.ndarray, axis: int
) -> np.ndarray:
    """Of the examples that chose anything, and of those that had gold; 0 where none did."""
    counts = (np.maximum(known.sum(axis), 1) for known in (chose, had_gold))
    return _f1(*(values.sum(axis) / count for values, count in zip((precision, recall), counts, strict=True)))


def _f1(precision: np.ndarray, recall: np.ndarray) -> np.ndarray:
    total = precision + recall
    return 2 * precision * recall / np.where(total == 0, 1, total)


def _count_right(chosen: np.ndarray, gold: np.ndarray, threshold: float) -> int:
    """How many chosen spans are near enough to a gold one."""
    if not len(gold):
        return 0
    (start, end), (gold_start, gold_end) = chosen.T[:, :, None], gold.T[:, None, :]
    shared = np.clip(np.minimum(end, gold_end) - np.maximum(start, gold_start), 0, None)
    union = (end - start) + (gold_end - gold_start) - shared
    return int((shared / union >= threshold).any(axis=1).sum())


def _spans(spans: Spans) -> np.ndarray:
    """`(spans, 2)`, each once."""
    found = np.array(sorted({(int(start), int(end)) for start, end in spans}), int).reshape(-1, 2)
    unfit = found[found[:, 0] >= found[:, 1]]
    if len(unfit) or (found < 0).any():
        raise ValueError(
            f"Expected spans that start at 0 or later and end after it. Received: {found.tolist()}."
        )
    return found


def _checked(chosen: Sequence, gold: Sequence) -> list[tuple[np.ndarray, np.ndarray]]:
    if len(chosen) != len(gold):
        raise ValueError(f"Expected gold for each example. Received: {len(chosen)} and {len(gold)} of them.")
    pairs = [(np.asarray(a), np.asarray(b)) for a, b in zip(chosen, gold, strict=True)]
    for a, b in pairs:
        booleans = all(one.dtype == bool or one.size == 0 for one in (a, b))
        if a.shape != b.shape or a.ndim != 1 or not booleans:
            raise ValueError(
                "Expected booleans of shape (tokens,), chosen and gold. "
                f"Received: {a.dtype} {a.shape} and {b.dtype} {b.shape}."
            )
    return pairs

"""Disagreement of the attention of a report example with its gold annotation."""

import numpy as np

from ..records.axes import ImageAxis
from ..records.regions import box_coverage
from .example import ReportExample


def gold_disagreement(example: ReportExample) -> float | None:
    """Compute the share of attention outside of the gold annotation.

    It is the mean over the queries with gold, in the first record, of the mean of the heads.

    Args:
        example: an example, with or without gold alignments or boxes.

    Returns:
        From 0 (all attention is on the gold keys) to 1 (none is); None without gold, or without attention.

    Example:
        >>> from foveal.focus import FocusRecord
        >>> weights = np.array([[[[0.9, 0.1], [0.5, 0.5]], [[0.7, 0.3], [0.5, 0.5]]]])
        >>> example = ReportExample([FocusRecord("attention", weights)], "o gato", gold={(0, 0)})
        >>> round(gold_disagreement(example), 3)
        0.2
    """
    record = example.records[0]
    weights = record.weights[0].mean(axis=0)
    is_gold: dict[int, np.ndarray] = {}
    for key, query in example.gold:
        is_gold.setdefault(query, np.zeros(weights.shape[1]))[key] = 1
    axis = record.keys[0] if record.keys else None
    if isinstance(axis, ImageAxis):
        is_gold |= {
            query: box_coverage(axis, boxes) for query, boxes in example.boxes.items() if np.size(boxes)
        }
    shares = [
        1 - weights[query] @ inside / weights[query].sum()
        for query, inside in is_gold.items()
        if weights[query].any()
    ]
    return float(np.mean(shares)) if shares else None

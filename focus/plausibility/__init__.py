"""Is attention where people would look?"""

from ..records.symmetrization import symmetrize
from .rationales import (
    PrecisionRecallF1,
    iou_f1,
    span_precision_recall,
    spans_from_mask,
    token_f1,
    token_precision_recall,
    tokens_in_spans,
)
from .regions import attention_correctness, box_coverage, pointing_game
from .soft_rationales import auprc, mean_gold_fraction, top_fraction_mask

__all__ = [
    "PrecisionRecallF1",
    "attention_correctness",
    "auprc",
    "box_coverage",
    "iou_f1",
    "mean_gold_fraction",
    "pointing_game",
    "span_precision_recall",
    "spans_from_mask",
    "symmetrize",
    "token_f1",
    "token_precision_recall",
    "tokens_in_spans",
    "top_fraction_mask",
]

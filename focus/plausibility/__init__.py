"""Plausibility: agreement of attention with human rationales, boxes and word alignments. Public."""

from .alignment_error import AlignmentError, alignment_error_rate
from .gate_agreement import GatedText, gate_auroc, gate_of_words, random_gates
from .rationales import (
    PrecisionRecallF1,
    iou_f1,
    span_precision_recall,
    token_f1,
    token_precision_recall,
)
from .regions import attention_correctness, pointing_game
from .soft_rationales import average_precision, mean_gold_fraction, top_fraction_mask

__all__ = [
    "AlignmentError",
    "GatedText",
    "PrecisionRecallF1",
    "alignment_error_rate",
    "attention_correctness",
    "average_precision",
    "gate_auroc",
    "gate_of_words",
    "iou_f1",
    "mean_gold_fraction",
    "pointing_game",
    "random_gates",
    "span_precision_recall",
    "token_f1",
    "token_precision_recall",
    "top_fraction_mask",
]

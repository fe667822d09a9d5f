"""Attention that is led."""

from .focus_supervision import FocusSupervision, attention_losses
from .gold import gold_from_boxes, gold_from_links, gold_from_spans, padded
from .regularizers import CoverageRegularizer, EntropyRegularizer

__all__ = [
    "CoverageRegularizer",
    "EntropyRegularizer",
    "FocusSupervision",
    "attention_losses",
    "gold_from_boxes",
    "gold_from_links",
    "gold_from_spans",
    "padded",
]

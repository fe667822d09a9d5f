"""Supervision and regularization of attention weights. Public."""

from .attention_loss import AttentionLoss
from .focus_supervision import FocusSupervision
from .gate_supervision import GateSupervision, gate_losses
from .gold import gold_from_boxes, gold_from_links, gold_from_spans, pad_gold
from .losses import DIVERGENCES, attention_losses
from .regularizers import CoverageRegularizer, EntropyRegularizer

__all__ = [
    "DIVERGENCES",
    "AttentionLoss",
    "CoverageRegularizer",
    "EntropyRegularizer",
    "FocusSupervision",
    "GateSupervision",
    "attention_losses",
    "gate_losses",
    "gold_from_boxes",
    "gold_from_links",
    "gold_from_spans",
    "pad_gold",
]

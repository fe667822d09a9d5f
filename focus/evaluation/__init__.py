"""Evaluation of attention maps: baselines, bootstrap confidence intervals, divergences. Public."""

from .attention_maps import AttentionMaps, top_k_mask
from .baselines import (
    BASELINES,
    BaselineComparison,
    baseline_maps,
    baseline_record,
    compare_with_baselines,
)
from .bootstrap import ConfidenceInterval, bootstrap_interval
from .divergences import jensen_shannon, total_variation

__all__ = [
    "BASELINES",
    "AttentionMaps",
    "BaselineComparison",
    "ConfidenceInterval",
    "baseline_maps",
    "baseline_record",
    "bootstrap_interval",
    "compare_with_baselines",
    "jensen_shannon",
    "top_k_mask",
    "total_variation",
]

"""Measures of attention weights: entropy, sparsity, distance, mass, coverage, flow, gradients. Public."""

from .distance import mean_distance
from .entropy import effective_keys, entropy
from .flow import attention_flow, attention_rollout
from .gradient import gradient_times_attention
from .head_distance import head_distances
from .mass import attention_mass, coverage, padding_keys, special_keys
from .sparsity import gini, zero_fraction

__all__ = [
    "attention_flow",
    "attention_mass",
    "attention_rollout",
    "coverage",
    "effective_keys",
    "entropy",
    "gini",
    "gradient_times_attention",
    "head_distances",
    "mean_distance",
    "padding_keys",
    "special_keys",
    "zero_fraction",
]

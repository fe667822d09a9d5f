"""What can be said of attention weights in numbers."""

from .agreement import head_distances
from .coverage import coverage
from .distance import mean_distance
from .entropy import effective_keys, entropy
from .flow import attention_flow, attention_rollout
from .gradient import gradient_times_attention
from .mass import mass_on, padding_keys, special_keys
from .sparsity import gini, zero_share

__all__ = [
    "attention_flow",
    "attention_rollout",
    "coverage",
    "effective_keys",
    "entropy",
    "gini",
    "gradient_times_attention",
    "head_distances",
    "mass_on",
    "mean_distance",
    "padding_keys",
    "special_keys",
    "zero_share",
]

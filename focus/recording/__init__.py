"""Recording of attention weights: `record`, adapters, hooks, gradients and the training callback. Public."""

from .adapters import ADAPTERS
from .callback import FocusHistory
from .gradients import attention_gradients
from .hooks import Adapter, CollectedWeights, WeightCollector
from .recorder import record

__all__ = [
    "ADAPTERS",
    "Adapter",
    "CollectedWeights",
    "FocusHistory",
    "WeightCollector",
    "attention_gradients",
    "record",
]

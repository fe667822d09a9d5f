"""Attention distributions: scores and mask to weights and decisions (the distribution slot)."""

from .distribution import Distribution
from .entmax import entmax, entmax15, sparsemax
from .gumbel import GumbelSoftmax
from .monotonic import Monotonic
from .monotonic_chunkwise import MonotonicChunkwise
from .per_head import PerHead
from .registry import REGISTRY, get
from .reinforce import Reinforce
from .sink_softmax import SinkSoftmax
from .softmax import Softmax, masked_softmax
from .sparse import Entmax, Entmax15, Sparsemax
from .straight_through import StraightThrough
from .top_k import TopK

__all__ = [
    "REGISTRY",
    "Distribution",
    "Entmax",
    "Entmax15",
    "GumbelSoftmax",
    "Monotonic",
    "MonotonicChunkwise",
    "PerHead",
    "Reinforce",
    "SinkSoftmax",
    "Softmax",
    "Sparsemax",
    "StraightThrough",
    "TopK",
    "entmax",
    "entmax15",
    "get",
    "masked_softmax",
    "sparsemax",
]

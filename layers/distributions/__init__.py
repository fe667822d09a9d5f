"""How relevance becomes weight: the distribution slot."""

from typing import Any

from .. import slots
from .distribution import Distribution
from .entmax import Entmax, Entmax15, Sparsemax, entmax, entmax15, sparsemax
from .gumbel import GumbelSoftmax
from .monotonic import Monotonic
from .per_head import PerHead
from .reinforce import Reinforce
from .softmax import Softmax, masked_softmax
from .straight_through import StraightThrough
from .top_k import TopK

__all__ = [
    "PARTS",
    "Distribution",
    "Entmax",
    "Entmax15",
    "GumbelSoftmax",
    "Monotonic",
    "PerHead",
    "Reinforce",
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

PARTS = {
    "entmax": Entmax,
    "entmax15": Entmax15,
    "gumbel": GumbelSoftmax,
    "monotonic": Monotonic,
    "reinforce": Reinforce,
    "softmax": Softmax,
    "sparsemax": Sparsemax,
    "straight_through": StraightThrough,
}


def get(identifier: Any, **arguments: Any) -> Distribution:
    """Turns a name or a part into the part of the distribution slot."""
    return slots.get(identifier, PARTS, Distribution, **arguments)

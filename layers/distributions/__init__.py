"""How relevance becomes weight: the distribution slot."""

from typing import Any

from .. import slots
from .distribution import Distribution
from .softmax import Softmax, masked_softmax

__all__ = [
    "PARTS",
    "Distribution",
    "Softmax",
    "get",
    "masked_softmax",
]

PARTS = {"softmax": Softmax}


def get(identifier: Any, **arguments: Any) -> Distribution:
    """Turns a name or a part into the part of the distribution slot."""
    return slots.get(identifier, PARTS, Distribution, **arguments)

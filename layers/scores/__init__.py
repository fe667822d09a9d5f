"""How relevant is each key to each query: the score slot."""

from typing import Any

from .. import slots
from .additive import Additive
from .dot import Dot, ScaledDot
from .score import Score

__all__ = [
    "PARTS",
    "Additive",
    "Dot",
    "ScaledDot",
    "Score",
    "get",
]

PARTS = {"dot": Dot, "scaled_dot": ScaledDot, "additive": Additive}


def get(identifier: Any, **arguments: Any) -> Score:
    """Turns a name or a part into the part of the score slot."""
    return slots.get(identifier, PARTS, Score, **arguments)

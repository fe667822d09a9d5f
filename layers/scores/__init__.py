"""How relevant is each key to each query: the score slot."""

from typing import Any

from .. import slots
from .additive import Additive
from .dot import Dot, ScaledDot
from .score import Score

PARTS = {"dot": Dot, "scaled_dot": ScaledDot, "additive": Additive}


def get(identifier: Any, **arguments: Any) -> Score:
    """Turns a name or a part into the part of the score slot."""
    return slots.get(identifier, PARTS, Score, **arguments)

"""How relevant is each key to each query: the score slot."""

from typing import Any

from ..functional import components
from .additive import Additive
from .concat import Concat
from .cosine import Cosine
from .dot import Dot, ScaledDot
from .general import General
from .location import Location
from .score import Score

__all__ = [
    "REGISTRY",
    "Additive",
    "Concat",
    "Cosine",
    "Dot",
    "General",
    "Location",
    "ScaledDot",
    "Score",
    "get",
]

REGISTRY = {
    "dot": Dot,
    "scaled_dot": ScaledDot,
    "general": General,
    "additive": Additive,
    "concat": Concat,
    "location": Location,
    "cosine": Cosine,
}


def get(identifier: Any, **arguments: Any) -> Score:
    """Turns a name or a part into the part of the score slot."""
    return components.get_component(identifier, REGISTRY, Score, **arguments)

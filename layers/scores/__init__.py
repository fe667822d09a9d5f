"""Score functions: the relevance of each key to each query (the score slot)."""

from typing import Any

from ..functional import components
from .additive import Additive
from .concat import Concat
from .cosine import Cosine
from .dot import Dot, ScaledDot
from .general import General
from .location import Location
from .score import Score, ScoreLike

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
"""Classes of the scores by their names."""


def get(identifier: ScoreLike, **arguments: Any) -> Score:
    """Resolve a score from its name, config or instance.

    Args:
        identifier: a name in `REGISTRY`, a serialized score or a `Score`.
        **arguments: constructor arguments, used where `identifier` is a name.

    Returns:
        A `Score`.

    Raises:
        ValueError: if `identifier` is none of these.
    """
    return components.get_component(identifier, REGISTRY, Score, **arguments)

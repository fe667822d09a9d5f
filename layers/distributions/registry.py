"""The distributions that their name alone can make."""

from typing import Any

from ..functional import components
from .distribution import Distribution
from .gumbel import GumbelSoftmax
from .monotonic import Monotonic
from .reinforce import Reinforce
from .softmax import Softmax
from .sparse import Entmax, Entmax15, Sparsemax
from .straight_through import StraightThrough

REGISTRY = {
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
    return components.get_component(identifier, REGISTRY, Distribution, **arguments)

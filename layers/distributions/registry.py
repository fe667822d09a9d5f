"""Registry of the distributions that a name alone resolves to."""

from typing import Any

from ..functional import components
from .distribution import Distribution, DistributionLike
from .gumbel import GumbelSoftmax
from .monotonic import Monotonic
from .reinforce import Reinforce
from .sink_softmax import SinkSoftmax
from .softmax import Softmax
from .sparse import Entmax, Entmax15, Sparsemax
from .straight_through import StraightThrough

REGISTRY = {
    "entmax": Entmax,
    "entmax15": Entmax15,
    "gumbel": GumbelSoftmax,
    "monotonic": Monotonic,
    "reinforce": Reinforce,
    "sink_softmax": SinkSoftmax,
    "softmax": Softmax,
    "sparsemax": Sparsemax,
    "straight_through": StraightThrough,
}
"""Classes of the distributions by their names."""


def get(identifier: DistributionLike, **arguments: Any) -> Distribution:
    """Resolve a distribution from its name, config or instance.

    Args:
        identifier: a name in `REGISTRY`, a serialized distribution or a `Distribution`.
        **arguments: constructor arguments, used where `identifier` is a name.

    Returns:
        A `Distribution`.

    Raises:
        ValueError: if `identifier` is none of these.
    """
    return components.get_component(identifier, REGISTRY, Distribution, **arguments)

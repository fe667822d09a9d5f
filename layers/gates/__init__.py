"""To look, or to rely on what is already known: the gate slot."""

from typing import Any

from ..functional import components
from .sentinel import Gate, LSTMSentinel, StreamSentinel, distribute_with_sentinel, renormalize

__all__ = [
    "REGISTRY",
    "Gate",
    "LSTMSentinel",
    "StreamSentinel",
    "distribute_with_sentinel",
    "get",
    "renormalize",
]

REGISTRY = {"sentinel": StreamSentinel}


def get(identifier: Any, **arguments: Any) -> Any:
    """Turns `"sentinel"` or a layer into the part of the gate slot; None stays None."""
    return None if identifier is None else components.get_component(identifier, REGISTRY, Gate, **arguments)

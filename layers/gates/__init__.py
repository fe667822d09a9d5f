"""To look, or to rely on what is already known: the gate slot."""

from typing import Any

from .. import slots
from .sentinel import Gate, LSTMSentinel, StreamSentinel, join, looking

__all__ = [
    "PARTS",
    "Gate",
    "LSTMSentinel",
    "StreamSentinel",
    "get",
    "join",
    "looking",
]

PARTS = {"sentinel": StreamSentinel}


def get(identifier: Any, **arguments: Any) -> Any:
    """Turns `"sentinel"` or a layer into the part of the gate slot; None stays None."""
    return None if identifier is None else slots.get(identifier, PARTS, Gate, **arguments)

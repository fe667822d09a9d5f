"""Gates: attend, or rely on the decoder's own state, or be silent (the gate slot)."""

from typing import Any

from ..functional import components
from .gate import Gate, GateLike
from .output_gate import OutputGate
from .sentinel import LSTMSentinel, StreamSentinel, distribute_with_sentinel, renormalize

__all__ = [
    "REGISTRY",
    "Gate",
    "LSTMSentinel",
    "OutputGate",
    "StreamSentinel",
    "distribute_with_sentinel",
    "get",
    "renormalize",
]

REGISTRY = {"output": OutputGate, "sentinel": StreamSentinel}
"""Classes of the gates by their names."""


def get(identifier: GateLike | None, **arguments: Any) -> Gate | None:
    """Resolve a gate from its name, config or instance; None stays None.

    Args:
        identifier: None, a name in `REGISTRY`, a serialized gate or a `Gate`.
        **arguments: constructor arguments, used where `identifier` is a name.

    Returns:
        A `Gate` or None.

    Raises:
        ValueError: if `identifier` is none of these.
    """
    return None if identifier is None else components.get_component(identifier, REGISTRY, Gate, **arguments)

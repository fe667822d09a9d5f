"""To look, or to rely on what is already known: the gate slot."""

from typing import Any

import keras

from .. import slots
from .sentinel import LSTMSentinel, StreamSentinel, join, looking

PARTS = {"sentinel": StreamSentinel}


def get(identifier: Any, **arguments: Any) -> keras.layers.Layer | None:
    """Turns `"sentinel"` or a layer into the part of the gate slot; None stays None."""
    return None if identifier is None else slots.get(identifier, PARTS, keras.layers.Layer, **arguments)

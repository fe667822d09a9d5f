"""A slot takes a name for the plain part or an object for the configured one."""

from collections.abc import Mapping
from typing import Any

import keras


def get(identifier: Any, parts: Mapping[str, type], slot: str, **arguments: Any) -> Any:
    """Turns what the caller put into a slot into the part itself.

    Args:
        identifier: a name in `parts`, a serialized part, or a part.
        parts: the parts that have a name.
        slot: what the slot is called, for the error message.
        **arguments: what a part made from its name is given.

    Raises:
        ValueError: if the name is unknown, or the object is not a layer.
    """
    if isinstance(identifier, str) and identifier in parts:
        return parts[identifier](**arguments)
    if isinstance(identifier, dict):
        identifier = keras.saving.deserialize_keras_object(identifier)
    if not isinstance(identifier, keras.Layer):
        raise ValueError(
            f"Unknown {slot}: expected one of {sorted(parts)} or a layer. Received: {identifier!r}"
        )
    return identifier


def build(part: Any, *shapes: Any) -> None:
    """Builds a part, unless it comes with its weights: out of a file, or shared by two layers."""
    if not part.built:
        part.build(*shapes)

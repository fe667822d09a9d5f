"""A slot takes a name for the plain part or an object for the configured one."""

from collections.abc import Mapping
from typing import Any

import keras


def get_component(identifier: Any, parts: Mapping[str, type], kind: type, **arguments: Any) -> Any:
    """Turns what the caller put into a slot into the part itself.

    Args:
        identifier: a name in `parts`, a serialized part, or a part.
        parts: the parts that have a name.
        kind: the class of all parts of this slot.
        **arguments: what a part made from its name is given.

    Raises:
        ValueError: if the name is unknown, or the object no part of this slot.
    """
    if isinstance(identifier, str) and identifier in parts:
        return parts[identifier](**arguments)
    if isinstance(identifier, dict):
        identifier = keras.saving.deserialize_keras_object(identifier)
    if not isinstance(identifier, kind):
        raise ValueError(
            f"Unknown {kind.__name__.lower()}: expected one of {sorted(parts)} or a "
            f"`{kind.__name__}`. Received: {identifier!r}"
        )
    return identifier


def build_component(part: Any, *shapes: Any) -> None:
    """Builds a part, unless it comes with its weights: out of a file, or shared by two layers."""
    if not part.built:
        part.build(*shapes)

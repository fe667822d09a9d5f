"""Resolve and build the components of a layer: scores, biases, distributions and gates."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

import keras

Component = TypeVar("Component", bound=keras.layers.Layer)
InitializerLike: TypeAlias = str | dict | Callable | keras.initializers.Initializer  # or a name, or a config
RegularizerLike: TypeAlias = str | dict | Callable | keras.regularizers.Regularizer | None
ConstraintLike: TypeAlias = str | dict | Callable | keras.constraints.Constraint | None


def get_component(
    identifier: str | dict | keras.layers.Layer | None,
    registry: Mapping[str, type],
    kind: type[Component],
    **arguments: Any,
) -> Component:
    """Resolve a component from its name, config or instance.

    Args:
        identifier: a name in `registry`, a serialized component, or a component.
        registry: the components that have a name.
        kind: the base class of the component.
        **arguments: constructor arguments of a component that is made from its name.

    Returns:
        An instance of `kind`.

    Raises:
        ValueError: if the name is not in `registry`, or the object is no instance of `kind`.
    """
    if isinstance(identifier, str) and identifier in registry:
        return registry[identifier](**arguments)
    if isinstance(identifier, dict):
        identifier = keras.saving.deserialize_keras_object(identifier)
    if not isinstance(identifier, kind):
        name = kind.__name__.lower()
        raise ValueError(
            f"`{name}` must be one of {sorted(registry)} or a `{kind.__name__}` layer. "
            f"Received: {name}={identifier!r}"
        )
    return identifier


def build_component(component: keras.layers.Layer, *shapes: tuple | None) -> None:
    """Build a component unless it is built already: loaded from a file, or shared by two layers."""
    if not component.built:
        component.build(*shapes)

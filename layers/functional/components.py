"""Resolve, build, share and serialize the components of a layer: scores, biases, distributions and gates."""

import weakref
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

import keras

from .keras_compat import all_layers, has_symbolic_calls, restored_objects, serializes_several_layers

Component = TypeVar("Component", bound=keras.layers.Layer)
InitializerLike: TypeAlias = str | dict | Callable | keras.initializers.Initializer  # or a name, or a config
RegularizerLike: TypeAlias = str | dict | Callable | keras.regularizers.Regularizer | None
ConstraintLike: TypeAlias = str | dict | Callable | keras.constraints.Constraint | None

_SHARED_ID = "shared_object_id"  # the key of Keras for an object that occurs more than once in a config

# How often each layer uses a component.
_USERS: weakref.WeakKeyDictionary[keras.layers.Layer, weakref.WeakKeyDictionary[keras.layers.Layer, int]] = (
    weakref.WeakKeyDictionary()
)


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
        identifier = deserialize_component(identifier)
    if not isinstance(identifier, kind):
        name = kind.__name__.lower()
        raise ValueError(
            f"`{name}` must be one of {sorted(registry)} or a `{kind.__name__}` layer. "
            f"Received: {name}={identifier!r}"
        )
    return identifier


def add_user(layer: keras.layers.Layer, *components: keras.layers.Layer | str | None) -> None:
    """Record that a layer uses components; one that several layers use is saved as a shared object."""
    for component in components:
        if isinstance(component, keras.layers.Layer):
            users = _USERS.setdefault(component, weakref.WeakKeyDictionary())
            users[layer] = users.get(layer, 0) + 1


def is_shared(component: keras.layers.Layer) -> bool:
    """Return whether a component occurs more than once in the running serialization.

    A layer and its own sublayers count as one user. A call in a functional model is a use, too.
    """
    users = dict(_USERS.get(component, {}))
    nested = {id(layer) for user in users for layer in all_layers(user) if layer is not user}
    uses = sum(count for user, count in users.items() if id(user) not in nested)
    if max(users.values(), default=0) > 1:
        return True
    return uses + has_symbolic_calls(component) > 1 and serializes_several_layers()


def serialize_component(component: keras.layers.Layer | str | dict | None) -> Any:
    """Serialize a component; a shared one with the id by which `deserialize_component` shares it again.

    Keras writes such an id into the second and later configs only if it serializes the objects itself, and
    not if `get_config` does.
    """
    config = keras.saving.serialize_keras_object(component)
    if isinstance(component, keras.layers.Layer) and is_shared(component):
        return {**config, _SHARED_ID: id(component)}
    return config


def deserialize_component(config: Any) -> Any:
    """Restore what `serialize_component` returned.

    A shared component is restored once by each outermost call of `load_model`, `clone_model` or
    `from_config`.
    """
    if not isinstance(config, dict) or _SHARED_ID not in config:
        return keras.saving.deserialize_keras_object(config)
    objects = restored_objects()
    if config[_SHARED_ID] not in objects:
        objects[config[_SHARED_ID]] = keras.saving.deserialize_keras_object(config)
    return objects[config[_SHARED_ID]]


def build_component(component: keras.layers.Layer, *shapes: tuple | None) -> None:
    """Build a component, or check that one fits that is built already: loaded from a file, or shared.

    A component without weights is built again, which checks the shapes.

    Args:
        component: the layer to build.
        *shapes: arguments of its `build`.

    Raises:
        ValueError: if the component was built for another number of heads or another width, and its
            weights depend on it: those of a class with `fixed_sizes` on these alone, those of any other
            layer on all widths.
    """
    if component.built:
        _check_sizes(component, shapes)
    if not component.built or not component.weights:
        component.build(*shapes)


def _check_sizes(component: keras.layers.Layer, shapes: tuple) -> None:
    config = component.get_build_config() or {}
    built_shapes = (
        tuple(config["shapes_dict"].values()) if "shapes_dict" in config else (config.get("input_shape"),)
    )
    expected, received = (_sizes(component, shapes) for shapes in (built_shapes, shapes))
    if any(size != received.get(name, size) for name, size in expected.items()):
        raise ValueError(
            "A component that several layers use must have the same sizes in each of them. "
            f"{component} was built for {_describe(expected)}. Received: {_describe(received)}"
        )


def _sizes(component: keras.layers.Layer, shapes: tuple) -> dict[str, int]:
    """Return the sizes that the weights of a component depend on."""
    flat = [tuple(shape) if _is_shape(shape) else None for shape in shapes]
    widths = {name: shape[-1] for name, shape in zip(("query_dim", "key_dim"), flat, strict=False) if shape}
    if not hasattr(component, "fixed_sizes"):
        return widths if component.weights else {}
    first = flat[0] or ()
    sizes = {"heads": first[1] if len(first) == 4 else 1, **widths}
    return {name: sizes[name] for name in component.fixed_sizes if sizes.get(name) is not None}


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, (list, tuple)) and all(size is None or isinstance(size, int) for size in shape)


def _describe(sizes: dict[str, int]) -> str:
    return ", ".join(f"{name}={size}" for name, size in sizes.items())

"""Shapes and dtypes of the outputs of a layer, traced from its call."""

from typing import Any

import keras

from .tensor import TensorTree


def traced_output_spec(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> TensorTree:
    """Trace the call of a layer, for `compute_output_spec`.

    Keras computes the spec from `compute_output_shape` where a layer has it, and then knows neither the
    outputs that arguments such as `return_attention_scores` add, nor their dtypes. A layer without weights
    is not built: a copy of it is traced.

    Args:
        layer: the layer.
        *args, **kwargs: arguments of a call; `KerasTensor` for tensors.

    Returns:
        A `KerasTensor`, or a structure of them.
    """
    if not layer.built:
        return type(layer).from_config(layer.get_config())(*args, **kwargs)
    return keras.Operation.compute_output_spec(layer, *args, **kwargs)


def traced_output_shape(layer: keras.layers.Layer, *shapes: Any) -> Any:
    """Trace the call of a layer with several outputs, for `compute_output_shape`.

    Args:
        layer: the layer.
        *shapes: shapes of its inputs, or structures of them.

    Returns:
        The structure of the outputs with a shape in place of each tensor.
    """
    inputs = keras.tree.map_shape_structure(
        lambda shape: keras.KerasTensor(shape, dtype=layer.compute_dtype), list(shapes)
    )
    return keras.tree.map_structure(lambda output: tuple(output.shape), traced_output_spec(layer, *inputs))

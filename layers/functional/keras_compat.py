"""Private and undocumented attributes of Keras, read and set in this module alone.

Each function names the attribute that it uses. `tests/layers/functional/test_keras_compat.py` fails where a
new version of Keras changes one of them.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import keras

from .tensor import Tensor

# Methods that compute the weights in the attention layers of Keras, subclasses included.
WEIGHT_METHODS: dict[type, tuple[str, ...]] = {
    keras.layers.Attention: ("_apply_scores",),  # and AdditiveAttention
    keras.layers.MultiHeadAttention: ("_compute_attention", "_masked_softmax"),
    keras.layers.GroupQueryAttention: ("_compute_attention", "_masked_softmax"),
}

# Functions of Keras that restore layers from their configs.
_RESTORING_FUNCTIONS = {"clone_model", "deserialize_keras_object", "load_model", "model_from_json"}


def keras_mask(tensor: Tensor) -> Tensor | None:
    """Return the mask that an earlier layer, such as `Embedding(mask_zero=True)`, attached to a tensor.

    Reads `tensor._keras_mask`.

    Returns:
        A boolean tensor, or None without a mask.
    """
    return getattr(tensor, "_keras_mask", None)


def all_layers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Return a layer or model and all its nested layers, each once (`Layer._flatten_layers`)."""
    return list(layer._flatten_layers())


def sublayers(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """Return the direct sublayers of a layer or model (`Layer._flatten_layers`)."""
    return list(layer._flatten_layers(include_self=False, recursive=False))


def uses_jit(model: keras.layers.Layer) -> bool:
    """Return whether Keras compiles the steps of a model with XLA.

    `Model.jit_compile` resolves `"auto"` and stores the result in `_jit_compile`; the stored value is
    restored.
    """
    attributes = vars(model)
    previous = attributes.get("_jit_compile")
    try:
        return bool(getattr(model, "jit_compile", False))
    finally:
        if "_jit_compile" in attributes:
            attributes["_jit_compile"] = previous


def call_state(layer: keras.layers.Layer) -> dict[str, Any]:
    """Return the attributes that a call sets on a layer: empty losses, and the other values as they are.

    The names are `_losses`, `_loss_ids`, `_called` and `_parent_path`.
    """
    attributes = vars(layer)
    names = ("_called", "_parent_path")
    return {"_losses": [], "_loss_ids": set(), **{name: attributes.get(name) for name in names}}


def unfused_attention(layer: keras.layers.Layer) -> dict[str, Any]:
    """Return the attributes with which an attention layer of Keras computes its weights explicitly.

    The names are `_flash_attention` and `_return_attention_scores`, and `flash_attention` for a layer of
    foveal that requires it. Empty for any other layer.
    """
    if getattr(layer, "flash_attention", None):
        return {"flash_attention": None}
    if not hasattr(layer, "_flash_attention"):
        return {}
    return {"_flash_attention": False, "_return_attention_scores": True}


def reset_compiled_functions(model: keras.Model) -> None:
    """Drop the compiled steps of a model, so that the next call traces it again.

    Sets `train_function`, `test_function` and `predict_function`, which are public but undocumented.
    """
    model.train_function = model.test_function = model.predict_function = None


def has_symbolic_calls(layer: keras.layers.Layer) -> bool:
    """Return whether a layer is a node of a functional model (`Operation._inbound_nodes`)."""
    return bool(layer._inbound_nodes)


def restored_objects() -> dict:
    """Return the shared objects that the running call of Keras has restored, a dict that it fills.

    `load_model` restores all layers of a model in one `ObjectSharingScope`. `clone_model`, `from_config`
    and `deserialize_keras_object` restore one layer after the other without such a scope. The dict
    therefore lies in the locals of the outermost frame that runs one of these functions, and lives as long
    as this call.
    """
    frame, outermost = sys._getframe(1), sys._getframe(1)
    while frame is not None:
        name, is_keras = frame.f_code.co_name, frame.f_globals.get("__name__", "").startswith("keras.")
        if name == "from_config" or (is_keras and name in _RESTORING_FUNCTIONS):
            outermost = frame
        if is_keras and name == "load_model":
            break
        frame = frame.f_back
    return outermost.f_locals.setdefault("_restored_objects", {})


def serializes_several_layers() -> bool:
    """Return whether the running `get_config` of a layer is part of the config of a model or outer layer.

    `get_config` has no argument that says so. The frames around it are those of `clone_model`, of
    `serialize_keras_object` or of the `get_config` of another layer.
    """
    frame, layer = sys._getframe(1), None
    while frame is not None:
        name, is_keras = frame.f_code.co_name, frame.f_globals.get("__name__", "").startswith("keras.")
        if name == "get_config":
            owner = frame.f_locals.get("self")
            if layer is not None and owner is not layer:
                return True
            layer = owner
        elif layer is not None and is_keras and name in ("clone_model", "serialize_keras_object"):
            return True
        frame = frame.f_back
    return False


def autocast_scope(dtype: str | None) -> contextlib.AbstractContextManager:
    """Return the context in which variables have a dtype, as in the call of a layer; None for their own.

    `keras.src.backend.AutocastScope` has no public name.
    """
    return keras.src.backend.AutocastScope(dtype)


@contextlib.contextmanager
def precomputed_dropout(cell: keras.layers.Layer, step: Callable[[], None] | None) -> Iterator[None]:
    """Create the dropout masks of a recurrent cell outside of a loop and reset them after it.

    A `DropoutRNNCell` of Keras caches the masks of its first step. A mask that is created inside a loop of
    the backend is a tensor of that loop and must not outlive it. Uses the undocumented `cells` of
    `StackedRNNCells`, `reset_dropout_mask` and `reset_recurrent_dropout_mask`.

    Args:
        cell: a cell of Keras, or a stack of cells.
        step: runs the first step; None where nothing is dropped.
    """
    cells = [cell for cell in getattr(cell, "cells", [cell]) if hasattr(cell, "dropout")]
    if step is not None and cells:
        step()
    yield
    for cell in cells:
        cell.reset_dropout_mask()
        cell.reset_recurrent_dropout_mask()

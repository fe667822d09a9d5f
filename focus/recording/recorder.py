"""Recorder of the attention weights of all attention layers of a model."""

import weakref
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from ...layers.functional import keras_compat
from ...layers.functional.tensor import Tensor, TensorTree
from ..records.focus_record import FocusRecord
from .adapters import check_has_attention, find_attention_rnns, recording_patches
from .hooks import Adapter, WeightCollector, patched
from .labels import label_records

_ARRAYS = ("weights", "mask", "gate")
_RECORDERS: weakref.WeakKeyDictionary[keras.layers.Layer, dict] = weakref.WeakKeyDictionary()


def record(
    model: keras.layers.Layer,
    inputs: TensorTree,
    batch_size: int = 32,
    adapters: Sequence[tuple[type, Adapter]] = (),
    labels: Any = None,
) -> list[FocusRecord]:
    """Run a model at inference and record the attention weights of all its attention layers.

    It records every layer whose `call` accepts `return_attention_scores`: those of Keras, of
    `foveal.layers`, of keras_nlp, and custom ones; also inside of other layers and models, in the cell of a
    `keras.layers.RNN`, and in compiled models. The model is not changed: no attribute is left behind, and its
    compiled functions stay valid. On TensorFlow the recording is compiled as `predict` is; on JAX and PyTorch
    it runs eagerly.

    A custom layer without `return_attention_scores` needs an adapter: a function of the layer, its name and a
    `WeightCollector` that returns the attributes of the layer during recording:

    ```
    def wrap_my_attention(layer, name, collector):
        def wrapped(*args):
            output, weights = layer.attend(*args)  # (batch, [heads,] queries, keys)
            collector.add(name, weights)
            return output
        return {"call": wrapped}

    record(model, inputs, adapters=[(MyAttention, wrap_my_attention)])
    ```

    Args:
        model: a Keras model or layer.
        inputs: arrays as `model.predict` takes them: one, or a list or dict of them.
        batch_size: the number of examples in a batch.
        adapters: pairs of a type and an adapter, which take precedence over those of
            `foveal.focus.recording.adapters`.
        labels: for each example its tokens (strings, bytes or numbers) without padding, or its axis
            (`TextAxis`, `ImageAxis`); for a model of several inputs a list or dict of these, in the structure
            of `inputs`, None for an input without labels. They label the queries and keys of the layers whose
            weights have the length of the input, or the number of regions.

    Returns:
        A record for each call of an attention layer, in the order of the calls; a layer that is called twice
        has two. Weights are float32. The mask combines the mask arguments of the call: padding, causality and
        `attention_mask`; a window that the layer computes itself appears as weights of 0. Several pooled
        sequences, and the steps of an RNN, are the rows of queries.

    Raises:
        ValueError: if there is no attention layer or none is called, an attention layer is called inside of a
            backend loop, the weights have another rank, there is no example, `inputs` is one example without
            a batch axis, or the labels do not match the inputs or the weights.

    Example:
        >>> inputs = keras.Input((3, 8))
        >>> attention = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4, name="attention")
        >>> model = keras.Model(inputs, keras.layers.Dense(1)(attention(inputs, inputs)))
        >>> [focus] = record(model, np.ones((2, 3, 8)), labels=[["a", "black", "cat"], ["a", "dog"]])
        >>> focus.layer, focus.weights.shape
        ('attention', (2, 2, 3, 3))
        >>> focus.attention_map(1).keys
        ['a', 'dog']
    """
    batches = _split_batches(inputs, batch_size)
    check_has_attention(model, adapters)
    is_built = model.built
    try:
        outputs = _record_batches(model, batches, adapters)
    except Exception as error:
        _check_batch_axis(model, inputs, adapters, error)
        if not is_built:  # the call may have built the model for inputs of another rank
            error.add_note("`inputs` must have a batch axis: `x[None]` for one example `x`.")
        raise
    records = _concatenate_batches(outputs)
    return records if labels is None else label_records(records, labels, inputs)


def _record_batches(
    model: keras.layers.Layer, batches: list[TensorTree], adapters: Sequence[tuple[type, Adapter]]
) -> list[dict[str, dict[str, np.ndarray]]]:
    """Weights, mask and gate of each call of an attention layer, for each batch."""
    if not model.built:
        model(batches[0])
    recorder = _get_recorder(model, batches[0], adapters)
    outputs = [recorder.predict_on_batch(batch) for batch in batches]
    for batch, arrays in zip(batches, outputs, strict=True):
        _check_batch_size(arrays, len(keras.tree.flatten(batch)[0]))
    return outputs


def _check_batch_axis(
    model: keras.layers.Layer,
    inputs: TensorTree,
    adapters: Sequence[tuple[type, Adapter]],
    error: Exception,
) -> None:
    """Raise a `ValueError` if the model, which fails on the inputs, takes them as one example."""
    example = keras.tree.map_structure(lambda x: x[None], inputs)
    try:
        _record_batches(model, [example], adapters)
    except Exception:
        return
    shapes = [tuple(x.shape) for x in keras.tree.flatten(inputs)]
    raise ValueError(
        "`inputs` must have a batch axis: `x[None]` for one example `x`, `x[:1]` for the first of several. "
        f"Received: one example, of shape {str(shapes)[1:-1]}"
    ) from error


class _Recorder(keras.Model):
    """Model that runs another model, which it does not own, and returns the collected attention weights."""

    def __init__(self, model: keras.layers.Layer, adapters: Sequence[tuple[type, Adapter]]):
        super().__init__(autocast=False, name="recorder")
        self.model_reference = weakref.ref(model)
        self.adapters = adapters
        self.built = True

    def call(self, inputs: TensorTree) -> dict[str, dict[str, Tensor]]:
        model: Any = self.model_reference()
        collector = WeightCollector()
        with patched(recording_patches(model, self.adapters, collector)):
            model(inputs, training=False)
        _check_collected(collector, inputs)
        return {
            f"{index:05}/{call.gate_kind}/{call.layer}": {
                name: getattr(call, name) for name in _ARRAYS if getattr(call, name) is not None
            }
            for index, call in enumerate(collector.collected)
        }


def _get_recorder(
    model: keras.layers.Layer, batch: TensorTree, adapters: Sequence[tuple[type, Adapter]]
) -> _Recorder:
    """The compiled recorder of the current state of a model, cached between calls."""
    layers = keras_compat.all_layers(model)
    state = tuple((weakref.ref(layer), layer.dtype_policy.name) for layer in layers)
    is_unrolled = find_attention_rnns(model, adapters)
    lengths = tuple(x.shape[1:] for x in keras.tree.flatten(batch)) if is_unrolled else ()
    compiled = keras.backend.backend() == "tensorflow" and not getattr(model, "run_eagerly", False)
    jit = compiled and keras_compat.uses_jit(model)
    recorders = _RECORDERS.setdefault(model, {})
    key = (state, lengths, tuple(adapters), compiled, jit)
    if key not in recorders:
        recorders[key] = _Recorder(model, adapters)
        recorders[key].compile(run_eagerly=not compiled, jit_compile=jit)
    return recorders[key]


def _check_collected(collector: WeightCollector, inputs: TensorTree) -> None:
    """Raise a `ValueError` unless weights were collected, in the graph of the inputs."""
    if not collector.collected:
        raise ValueError("`model` must call an attention layer. Received: a model that calls none")
    graphs = {id(getattr(x, "graph", None)) for x in keras.tree.flatten(inputs)}
    for call in collector.collected:
        if id(getattr(call.weights, "graph", None)) not in graphs:
            raise _backend_loop_error(call.layer)


def _check_batch_size(outputs: dict[str, dict[str, np.ndarray]], batch_size: int) -> None:
    """Raise a `ValueError` unless all weights have the batch size, or a multiple of it."""
    for name, arrays in outputs.items():
        if len(arrays["weights"]) % batch_size:
            raise _backend_loop_error(name.split("/", 2)[2])


def _backend_loop_error(layer: str) -> ValueError:
    return ValueError(
        "`model` must call attention layers directly, or in the cell of a `keras.layers.RNN`. "
        f"Received: {layer}, called in a backend loop or function, such as `keras.ops.map`"
    )


def _split_batches(inputs: TensorTree, batch_size: int) -> list[TensorTree]:
    arrays = keras.tree.flatten(inputs)
    sizes = {len(x) if getattr(x, "shape", ()) else 0 for x in arrays}
    if len(sizes) != 1 or sizes == {0} or batch_size < 1:
        raise ValueError(
            "`inputs` must be arrays with a batch axis, of the same number of at least one example, and "
            "`batch_size` must be at least 1. `x[None]` adds the batch axis to one example `x`. "
            f"Received: shapes {[getattr(x, 'shape', type(x)) for x in arrays]}, batch_size={batch_size}"
        )
    rows = [slice(start, start + batch_size) for start in range(0, sizes.pop(), batch_size)]
    return [keras.tree.map_structure(lambda x, batch=batch: x[batch], inputs) for batch in rows]


def _concatenate_batches(batches: list[dict[str, dict[str, np.ndarray]]]) -> list[FocusRecord]:
    """One record for each call, over all batches."""
    if any(batch.keys() != batches[0].keys() for batch in batches):
        called = [sorted(batch) for batch in batches]
        raise ValueError(f"`model` must call the same layers in every batch. Received: {called}")
    records = []
    for call, first in sorted(batches[0].items()):
        arrays = {name: [batch[call][name] for batch in batches] for name in first}
        fields: dict[str, Any] = {
            name: parts[0] if len(parts) == 1 else np.concatenate(parts) for name, parts in arrays.items()
        }
        _, gate_kind, layer = call.split("/", 2)
        records.append(FocusRecord(layer, **fields, gate_kind=gate_kind))
    return records

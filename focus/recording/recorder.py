"""Where a model looked: the weights of all its attention layers, without a change to the model."""

import weakref
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from ..records.focus_record import FocusRecord
from .adapters import check_has_attention, find_attention_rnns, recording_patches
from .hooks import Adapter, WeightCollector, changed

_TOLD = ("weights", "mask", "gate")
_RECORDERS: weakref.WeakKeyDictionary[Any, dict] = weakref.WeakKeyDictionary()


def record(
    model: keras.layers.Layer,
    inputs: Any,
    batch_size: int = 32,
    adapters: Sequence[tuple[type, Adapter]] = (),
) -> list[FocusRecord]:
    """Runs a model at inference and tells where each of its attention layers looked.

    Heard is every layer whose call takes `return_attention_scores`: those of Keras, of `foveal.layers`, of
    keras_nlp, and a reader's own; inside of other layers and models, in the cell of a `keras.layers.RNN`,
    and in compiled models too. The model stays as it was: no attribute is left behind, and what was compiled
    stays so. On TensorFlow the recording is compiled as `predict` is; on JAX and PyTorch it runs eagerly.

    A layer of your own that tells its weights in another way needs an adaptor, a function of the layer,
    its name and an ear, which returns the attributes that the layer shall have meanwhile:

    ```
    def hear_mine(layer, name, ear):
        def heard(*args):
            output, weights = layer.attend(*args)  # (batch, [heads,] queries, keys)
            ear.told(name, weights)
            return output
        return {"call": heard}

    record(model, inputs, adaptors=[(MyAttention, hear_mine)])
    ```

    Args:
        model: a Keras model or layer.
        inputs: what `model.predict` takes as arrays: one, or a list or dict of them.
        batch_size: how many examples run at once.
        adapters: pairs of a type and an adaptor, asked before those of `foveal.focus.recording.adapters`.

    Returns:
        A record for each call of an attention layer, in calling order; a layer that is called twice has
        two. Weights are float32. The mask holds what the layer was told: padding, causality and
        `attention_mask`; a window that the layer keeps by itself shows as weights of 0. Of several pooled
        sequences, and of the steps of an RNN, each is the row of a query.

    Raises:
        ValueError: if no layer attends or none was called, a layer attends inside of a loop or function that
            cannot be looked into, the weights have another rank, or there is no example.

    Example:
        >>> inputs = keras.Input((3, 8))
        >>> attention = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4, name="attention")
        >>> model = keras.Model(inputs, keras.layers.Dense(1)(attention(inputs, inputs)))
        >>> [focus] = record(model, np.ones((5, 3, 8)))
        >>> focus.layer, focus.weights.shape
        ('attention', (5, 2, 3, 3))
    """
    batches = _batches(inputs, batch_size)
    check_has_attention(model, adapters)
    if not model.built:
        model(batches[0])
    recorder = _recorder(model, batches[0], adapters)
    told = [recorder.predict_on_batch(batch) for batch in batches]
    for batch, answer in zip(batches, told, strict=True):
        _check_examples(answer, len(keras.tree.flatten(batch)[0]))
    return _joined(told)


class _Recorder(keras.Model):
    """Runs a model, which it does not own, and gives what its attention told instead of its output."""

    def __init__(self, model: keras.layers.Layer, adapters: Sequence[tuple[type, Adapter]]):
        super().__init__(autocast=False, name="recorder")
        self.model_reference = weakref.ref(model)
        self.adapters = adapters
        self.built = True

    def call(self, inputs: Any) -> dict[str, dict[str, Any]]:
        model: Any = self.model_reference()
        collector = WeightCollector()
        with changed(recording_patches(model, self.adapters, collector)):
            model(inputs, training=False)
        _check_heard(collector, inputs)
        return {
            f"{index:05}/{told.layer}": {
                name: getattr(told, name) for name in _TOLD if getattr(told, name) is not None
            }
            for index, told in enumerate(collector.collected)
        }


def _recorder(model: Any, batch: Any, adapters: Sequence[tuple[type, Adapter]]) -> _Recorder:
    """That of the model as it is now: what was compiled once serves every later call."""
    layers = model._flatten_layers()
    state = tuple((weakref.ref(layer), layer.dtype_policy.name) for layer in layers)
    unrolled = find_attention_rnns(model, adapters)
    lengths = tuple(x.shape[1:] for x in keras.tree.flatten(batch)) if unrolled else ()
    with changed([(model, {"_jit_compile": vars(model).get("_jit_compile")})]):  # asking may set it
        compiled = keras.backend.backend() == "tensorflow" and not getattr(model, "run_eagerly", False)
        jit = compiled and bool(getattr(model, "jit_compile", False))
    recorders = _RECORDERS.setdefault(model, {})
    key = (state, lengths, tuple(adapters), compiled, jit)
    if key not in recorders:
        recorders[key] = _Recorder(model, adapters)
        recorders[key].compile(run_eagerly=not compiled, jit_compile=jit)
    return recorders[key]


def _check_heard(collector: WeightCollector, inputs: Any) -> None:
    """Raises a `ValueError` unless layers told something, and where it can be read."""
    if not collector.collected:
        raise ValueError("Expected the model to call an attention layer. Received: none of them was called.")
    here = {id(getattr(x, "graph", None)) for x in keras.tree.flatten(inputs)}
    for told in collector.collected:
        if id(getattr(told.weights, "graph", None)) not in here:
            raise _out_of_sight(told.layer)


def _check_examples(answer: dict[str, dict[str, np.ndarray]], examples: int) -> None:
    """Raises a `ValueError` unless weights are of all examples, or of as many parts of each."""
    for index, told in answer.items():
        if len(told["weights"]) % examples:
            raise _out_of_sight(index.partition("/")[2])


def _out_of_sight(layer: str) -> ValueError:
    return ValueError(
        "Expected attention layers that are called directly, or in the cell of a `keras.layers.RNN`. "
        f"Received: {layer}, called in a loop or function of its own, such as `keras.ops.map`."
    )


def _batches(inputs: Any, batch_size: int) -> list[Any]:
    arrays = keras.tree.flatten(inputs)
    sizes = {len(x) if getattr(x, "shape", ()) else 0 for x in arrays}
    if len(sizes) != 1 or sizes == {0} or batch_size < 1:
        raise ValueError(
            "Expected arrays with a row for each of at least one example, and a batch of at least one. "
            f"Received: {[getattr(x, 'shape', type(x)) for x in arrays]}, batch_size={batch_size}."
        )
    rows = [slice(start, start + batch_size) for start in range(0, sizes.pop(), batch_size)]
    return [keras.tree.map_structure(lambda x, some=some: x[some], inputs) for some in rows]


def _joined(batches: list[dict[str, dict[str, np.ndarray]]]) -> list[FocusRecord]:
    """One record for each call, over all batches."""
    if any(batch.keys() != batches[0].keys() for batch in batches):
        called = [sorted(batch) for batch in batches]
        raise ValueError(f"Expected every batch to call the same layers. Received: {called}.")
    records = []
    for index, first in sorted(batches[0].items()):
        told = {name: [batch[index][name] for batch in batches] for name in first}
        one: dict[str, Any] = {name: x[0] if len(x) == 1 else np.concatenate(x) for name, x in told.items()}
        records.append(FocusRecord(index.partition("/")[2], **one))
    return records

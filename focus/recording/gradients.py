"""Gradients of an output by the attention weights of a model."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from ...layers.functional.tensor import Tensor, TensorTree
from ..records.focus_record import FocusRecord
from .adapters import check_has_attention, recording_patches
from .hooks import Adapter, CollectedWeights, WeightCollector, patched


def attention_gradients(
    model: keras.layers.Layer,
    inputs: TensorTree,
    output: Callable[[TensorTree], Tensor],
    adapters: Sequence[tuple[type, Adapter]] = (),
) -> list[tuple[FocusRecord, np.ndarray]]:
    """Record the attention of a model with the gradients of an output by the weights.

    It runs eagerly, on the TensorFlow backend only; the model is not changed, as with `record`.

    Args:
        model: a Keras model or layer.
        inputs: the inputs of the model, all examples in one batch.
        output: function of the outputs of the model to a value for each example, `(batch,)`, such as the
            logit of a class. Examples must be independent.
        adapters: as in `record`.

    Returns:
        For each call of an attention layer its record and the gradients, float32, in the shape of the
        weights.

    Raises:
        ValueError: if the backend is not TensorFlow, there is no attention layer, the output is not one value
            for each example, or it does not depend on the returned weights: those of a pooling layer, of the
            steps of an RNN or of a gated layer are computed from the weights that the layer used.

    Example:
        >>> inputs = keras.Input((3, 8))
        >>> attention = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)
        >>> model = keras.Model(inputs, keras.layers.Dense(2)(attention(inputs, inputs)))
        >>> [(focus, gradients)] = attention_gradients(model, np.ones((5, 3, 8)), lambda y: y[:, 0, 1])
        >>> focus.weights.shape == gradients.shape
        True

    Reference:
        Serrano and Smith 2019, Is Attention Interpretable?; `gradient_times_attention` combines both.
    """
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"`attention_gradients` must run on the TensorFlow backend. Received: {keras.backend.backend()}"
        )
    import tensorflow as tf

    check_has_attention(model, adapters)
    collector, inputs = _DifferentiableCollector(), keras.tree.map_structure(ops.convert_to_tensor, inputs)
    tensors = [variable.value for variable in model.variables] + keras.tree.flatten(inputs)
    with tf.GradientTape() as tape, patched(recording_patches(model, adapters, collector)):
        tape.watch([x for x in tensors if x.dtype.is_floating])
        values = output(model(inputs, training=False))
    batch_size = len(keras.tree.flatten(inputs)[0])
    if tuple(values.shape) != (batch_size,):
        raise ValueError(
            f"`output` must return a value for each example, shape {(batch_size,)}. "
            f"Received: shape {tuple(values.shape)}"
        )
    sources = [collector.sources[id(call.weights)] for call in collector.collected]
    gradients = tape.gradient(values, sources)
    return [
        _record_with_gradient(call, gradient)
        for call, gradient in zip(collector.collected, gradients, strict=True)
    ]


class _DifferentiableCollector(WeightCollector):
    """Collector that also keeps the weights before conversion, on which the output may depend."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: dict[int, Tensor] = {}

    def add(
        self,
        layer: str,
        weights: Tensor,
        mask: Tensor | None = None,
        gate: Tensor | None = None,
        gate_kind: str = "sentinel",
    ) -> None:
        super().add(layer, weights, mask, gate, gate_kind)
        self.sources[id(self.collected[-1].weights)] = weights


def _record_with_gradient(call: CollectedWeights, gradient: Tensor | None) -> tuple[FocusRecord, np.ndarray]:
    if gradient is None:
        raise ValueError(
            "`output` must depend on the attention weights that each layer returns. "
            f"Received: an output that does not depend on those of {call.layer}"
        )
    arrays: list[Any] = [
        None if x is None else ops.convert_to_numpy(x) for x in (call.weights, call.mask, call.gate)
    ]
    gradients = ops.convert_to_numpy(ops.cast(gradient, "float32"))
    return FocusRecord(call.layer, *arrays, gate_kind=call.gate_kind), gradients.reshape(call.weights.shape)

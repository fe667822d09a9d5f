"""What an output gains from each weight of a model's attention, as far as its gradient tells."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from ..records.focus_record import FocusRecord
from .adapters import check_has_attention, recording_patches
from .hooks import Adapter, CollectedWeights, WeightCollector, changed


def attention_gradients(
    model: keras.layers.Layer,
    inputs: Any,
    output: Callable[[Any], Any],
    adapters: Sequence[tuple[type, Adapter]] = (),
) -> list[tuple[FocusRecord, np.ndarray]]:
    """Records where a model looks, each with the gradient of an output by its weights.

    Runs eagerly, on the TensorFlow backend; the model stays as it was, as with `record`.

    Args:
        model: a Keras model or layer.
        inputs: what it is called with, all examples at once.
        output: of what the model returns, a value for each example, `(batch,)`: such as the logit of a
            class. Examples must not depend on each other.
        adapters: as in `record`.

    Returns:
        For each call of an attention layer its record and the gradients, float32, in the weights' shape.

    Raises:
        ValueError: if the backend is another, no layer attends, the output is not a value for each example,
            or it does not depend on the weights as a layer tells them: those of a pooling, of the steps of
            an RNN or beside a gate are made of what the layer used.

    Example:
        >>> inputs = keras.Input((3, 8))
        >>> attention = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)
        >>> model = keras.Model(inputs, keras.layers.Dense(2)(attention(inputs, inputs)))
        >>> [(focus, gradients)] = attention_gradients(model, np.ones((5, 3, 8)), lambda y: y[:, 0, 1])
        >>> focus.weights.shape == gradients.shape
        True

    Reference:
        Serrano and Smith 2019, Is Attention Interpretable?; `gradient_times_attention` joins both.
    """
    if keras.backend.backend() != "tensorflow":
        raise ValueError(f"Expected the TensorFlow backend. Received: {keras.backend.backend()}.")
    import tensorflow as tf

    check_has_attention(model, adapters)
    collector, inputs = _Tape(), keras.tree.map_structure(ops.convert_to_tensor, inputs)
    tensors = [variable.value for variable in model.variables] + keras.tree.flatten(inputs)
    with tf.GradientTape() as tape, changed(recording_patches(model, adapters, collector)):
        tape.watch([x for x in tensors if x.dtype.is_floating])
        values = output(model(inputs, training=False))
    examples = len(keras.tree.flatten(inputs)[0])
    if tuple(values.shape) != (examples,):
        raise ValueError(
            f"Expected an output for each example, {(examples,)}. Received: {tuple(values.shape)}."
        )
    gradients = tape.gradient(values, [collector.used[id(told.weights)] for told in collector.collected])
    return [_pair(told, gradient) for told, gradient in zip(collector.collected, gradients, strict=True)]


class _Tape(WeightCollector):
    """Also keeps the weights as they came, which an output may depend on."""

    def __init__(self) -> None:
        super().__init__()
        self.used: dict[int, Any] = {}

    def told(self, layer: str, weights: Any, mask: Any = None, gate: Any = None) -> None:
        super().told(layer, weights, mask, gate)
        self.used[id(self.collected[-1].weights)] = weights


def _pair(told: CollectedWeights, gradient: Any) -> tuple[FocusRecord, np.ndarray]:
    if gradient is None:
        raise ValueError(
            "Expected an output that depends on the very weights that each layer tells. "
            f"Received: none does on those of {told.layer}."
        )
    arrays: list[Any] = [None if x is None else ops.convert_to_numpy(x) for x in told[1:]]
    gradients = ops.convert_to_numpy(ops.cast(gradient, "float32"))
    return FocusRecord(told.layer, *arrays), gradients.reshape(told.weights.shape)

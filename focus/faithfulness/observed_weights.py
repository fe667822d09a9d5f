"""Observation of the attention weights of one layer, together with the predicted probabilities."""

import contextlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from ...layers.functional.tensor import Tensor, TensorTree
from .replaced_weights import replaced_weights

OutputFn = Callable[[TensorTree], Tensor]


class ObservedWeights(NamedTuple):
    """Predicted probabilities of a model and the attention weights of one of its layers.

    Attributes:
        probabilities: `(batch, ..., classes)`.
        weights: `(batch, heads, queries, keys)` float32.
        mask: boolean `(batch, heads, queries, keys)`, true where a query may attend to a key; without a mask
            true for all keys of the rows with attention weight, `(batch, heads, queries, 1)`.
    """

    probabilities: np.ndarray
    weights: np.ndarray
    mask: np.ndarray


@contextlib.contextmanager
def collect_weights(
    model: keras.Model, layer: keras.layers.Layer
) -> Iterator[list[tuple[Tensor, Tensor | None]]]:
    """Collect the weights and masks of the calls of an attention layer within the context.

    Args:
        model: see `replaced_weights`.
        layer: the attention layer.

    Yields:
        A list, to which each call adds its weights `(batch, heads, queries, keys)` and its mask.
    """
    calls: list[tuple[Tensor, Tensor | None]] = []

    def collect(weights: Tensor, mask: Tensor | None) -> Tensor:
        calls.append((weights, mask))
        return weights

    with replaced_weights(model, collect, [layer]):
        yield calls


def observe_weights(
    model: keras.Model,
    inputs: TensorTree,
    layer: keras.layers.Layer,
    batch_size: int | None = None,
    output_fn: OutputFn = lambda outputs: outputs,
) -> ObservedWeights:
    """Run a model and return its probabilities with the attention weights of one layer.

    Args:
        model: see `replaced_weights`.
        inputs: an array, or arrays in a list or dict.
        layer: the attention layer, called once by the model.
        batch_size: of the model calls; all examples at once when None.
        output_fn: see `predict_probabilities`.

    Returns:
        An `ObservedWeights`.

    Raises:
        ValueError: if the layer is not called exactly once, or the outputs are not probabilities.
    """
    num_examples = len(keras.tree.flatten(inputs)[0])
    batch_size = num_examples if batch_size is None else batch_size
    probabilities = []
    with collect_weights(model, layer) as calls:
        for start in range(0, num_examples, batch_size):
            batch = keras.tree.map_structure(lambda x, start=start: x[start : start + batch_size], inputs)
            probabilities.append(predict_probabilities(model, batch, output_fn))
    if len(calls) != len(probabilities):
        raise ValueError(
            "`layer` must be called exactly once by the model. "
            f"Received: {len(calls) / len(probabilities):g} calls of {layer.name!r}"
        )
    weights = [ops.convert_to_numpy(ops.cast(weights, "float32")) for weights, _ in calls]
    masks = [
        array.any(axis=-1, keepdims=True) if mask is None else ops.convert_to_numpy(mask)
        for array, (_, mask) in zip(weights, calls, strict=True)
    ]
    return ObservedWeights(np.concatenate(probabilities), np.concatenate(weights), np.concatenate(masks))


def predict_probabilities(model: keras.Model, inputs: TensorTree, output_fn: OutputFn) -> np.ndarray:
    """Predict the probabilities of a batch.

    Args:
        model: a Keras model.
        inputs: a batch, as `model(inputs)` takes it.
        output_fn: function of the outputs of the model to probabilities, such as `keras.ops.softmax`.

    Returns:
        `(batch, ..., classes)` float32.

    Raises:
        ValueError: if a value is negative, infinite or NaN.
    """
    probabilities = ops.convert_to_numpy(ops.cast(output_fn(model(inputs, training=False)), "float32"))
    if not (np.isfinite(probabilities) & (probabilities >= 0)).all():
        raise ValueError(
            "`output_fn` must return probabilities of at least 0; for logits pass "
            "`output_fn=keras.ops.softmax`. "
            f"Received: values from {probabilities.min()} to {probabilities.max()}"
        )
    return probabilities

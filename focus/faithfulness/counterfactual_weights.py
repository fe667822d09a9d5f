"""Would the answer be the same with other attention weights?"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from ..evaluation.divergences import total_variation
from .replaced_weights import Replacement, replaced_weights

OutputFn = Callable[[Any], Any]


def uniform_weights(weights: Any, mask: Any) -> Any:
    """The same weight for every key that may be looked at: a `Replacement`; zeros where none may.

    `with replaced_weights(model, uniform_weights):` around `fit` trains the frozen uniform attention of
    Wiegreffe and Pinter (2019), section 3.2: a model that is as good with it has no use for attention, and
    its weights explain nothing.
    """
    shares = ops.ones_like(weights) if mask is None else ops.cast(mask, weights.dtype)
    return ops.divide_no_nan(shares, ops.sum(shares, axis=-1, keepdims=True))


def permuted_weights(seed: int) -> Replacement:
    """The weights of each query, put onto the keys that it may look at in a random order."""

    def replace(weights: Any, mask: Any) -> Any:
        noise = keras.random.uniform(ops.shape(weights), seed=seed)
        hidden = ops.zeros_like(noise) if mask is None else 1 - ops.cast(mask, noise.dtype)
        keys = ops.cast(ops.arange(ops.shape(weights)[-1]), noise.dtype) / ops.shape(weights)[-1]
        shuffled = ops.argsort(noise + 2 * hidden, axis=-1)
        in_order = ops.argsort(keys + 2 * hidden, axis=-1)  # those that may be looked at come first
        moved = ops.take_along_axis(weights, shuffled, axis=-1)
        return ops.take_along_axis(moved, ops.argsort(in_order, axis=-1), axis=-1)

    return replace


def output_change(
    model: keras.Model,
    inputs: Any,
    replacement: Replacement,
    layers: Sequence[keras.layers.Layer] | None = None,
    output_fn: OutputFn = lambda outputs: outputs,
) -> np.ndarray:
    """How far the answer moves when attention is replaced, in total variation distance.

    Args:
        model: see `replaced_weights`.
        inputs: a batch, as `model(inputs)` takes it.
        replacement: `uniform_weights`, or see `replaced_weights`.
        layers: see `replaced_weights`.
        output_fn: from what the model gives to probabilities `(batch, ..., classes)`, such as `keras.ops.softmax`.

    Returns:
        `(batch, ...)`, from 0 (attention does not matter) to 1.

    Raises:
        ValueError: where there is no attention, or what is read are no probabilities.

    Example:
        >>> words = keras.Input((3, 2))
        >>> seen = keras.layers.Attention()([words, words])[:, 0]
        >>> model = keras.Model(words, keras.layers.Softmax()(seen))
        >>> change = output_change(model, np.eye(3, 2)[None] * 9, uniform_weights)
        >>> float(change[0].round(2))
        0.5

    Reference: Jain and Wallace, Attention is not Explanation (2019), section 4.2.
    """
    before = predict_probabilities(model, inputs, output_fn)
    with replaced_weights(model, replacement, layers):
        return total_variation(before, predict_probabilities(model, inputs, output_fn))


def permuted_attention(
    model: keras.Model,
    inputs: Any,
    permutations: int = 100,
    layers: Sequence[keras.layers.Layer] | None = None,
    output_fn: OutputFn = lambda outputs: outputs,
    seed: int = 0,
) -> np.ndarray:
    """How far the answer moves when attention is shuffled (Jain and Wallace 2019).

    Args:
        model, inputs, layers, output_fn: as in `output_change`.
        permutations: how many; the paper takes the median over 100.
        seed: of the first; each has the next.

    Returns:
        `(permutations, batch, ...)`, total variation distances: `np.median(..., axis=0)` is the paper's
        measure, to be seen beside the largest weight of each example. A query that may look at one key
        alone cannot be shuffled.

    Raises:
        ValueError: where there is no attention, or what is read are no probabilities.

    Example:
        >>> words = keras.Input((3, 2))
        >>> model = keras.Model(words, keras.layers.Softmax()(keras.layers.Attention()([words, words])))
        >>> permuted_attention(model, np.eye(3, 2)[None], permutations=4).shape
        (4, 1, 3)

    Reference: Jain and Wallace, Attention is not Explanation (2019), section 4.2.1, algorithm 2.
    """
    before = predict_probabilities(model, inputs, output_fn)
    changes = []
    for index in range(permutations):
        with replaced_weights(model, permuted_weights(seed + index), layers):
            changes.append(total_variation(before, predict_probabilities(model, inputs, output_fn)))
    return np.stack(changes)


def predict_probabilities(model: keras.Model, inputs: Any, output_fn: OutputFn) -> np.ndarray:
    """What a model answers, as an array."""
    found = ops.convert_to_numpy(ops.cast(output_fn(model(inputs, training=False)), "float32"))
    if not (np.isfinite(found) & (found >= 0)).all():
        raise ValueError(
            "Expected probabilities from 0 on, as `output_fn=keras.ops.softmax` makes them of logits. "
            f"Received: {found.min()} to {found.max()}."
        )
    return found

"""Counterfactual attention weights: uniform and permuted (Jain and Wallace 2019)."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from ...layers.functional.tensor import Tensor, TensorTree
from ..evaluation.divergences import total_variation
from .observed_weights import OutputFn, predict_probabilities
from .replaced_weights import Replacement, replaced_weights


def uniform_weights(weights: Tensor, mask: Tensor | None) -> Tensor:
    """Compute equal weights for all unmasked keys: a `Replacement`.

    `with replaced_weights(model, uniform_weights):` around `fit` trains the frozen uniform attention of
    Wiegreffe and Pinter (2019), section 3.2. If the model is as accurate with it, the task does not need
    attention, and its attention weights explain nothing.

    Args:
        weights: `(batch, heads, queries, keys)`.
        mask: boolean that broadcasts to it, or None.

    Returns:
        `(batch, heads, queries, keys)`; zeros for a fully masked row.
    """
    allowed = ops.ones_like(weights) if mask is None else ops.cast(mask, weights.dtype)
    return ops.divide_no_nan(allowed, ops.sum(allowed, axis=-1, keepdims=True))


def permuted_weights(seed: int) -> Replacement:
    """Create a `Replacement` that permutes the weights of each query among its unmasked keys.

    Args:
        seed: of the permutation.

    Returns:
        A function of weights `(batch, heads, queries, keys)` and mask to the permuted weights.
    """

    def replace(weights: Tensor, mask: Tensor | None) -> Tensor:
        noise = keras.random.uniform(ops.shape(weights), seed=seed)
        masked = ops.zeros_like(noise) if mask is None else 1 - ops.cast(mask, noise.dtype)
        keys = ops.cast(ops.arange(ops.shape(weights)[-1]), noise.dtype) / ops.shape(weights)[-1]
        shuffled = ops.argsort(noise + 2 * masked, axis=-1)
        ordered = ops.argsort(keys + 2 * masked, axis=-1)  # unmasked keys first
        permuted = ops.take_along_axis(weights, shuffled, axis=-1)
        return ops.take_along_axis(permuted, ops.argsort(ordered, axis=-1), axis=-1)

    return replace


def output_change(
    model: keras.Model,
    inputs: TensorTree,
    replacement: Replacement,
    layers: Sequence[keras.layers.Layer] | None = None,
    output_fn: OutputFn = lambda outputs: outputs,
) -> np.ndarray:
    """Compute the total variation distance of the output when attention weights are replaced.

    Args:
        model: see `replaced_weights`.
        inputs: a batch, as `model(inputs)` takes it.
        replacement: such as `uniform_weights`; see `replaced_weights`.
        layers: see `replaced_weights`.
        output_fn: function of the outputs of the model to probabilities `(batch, ..., classes)`, such as
            `keras.ops.softmax`.

    Returns:
        `(batch, ...)`, from 0 (no effect of attention) to 1.

    Raises:
        ValueError: if there is no attention layer, or the outputs are not probabilities.

    Example:
        >>> words = keras.Input((3, 2))
        >>> context = keras.layers.Attention()([words, words])[:, 0]
        >>> model = keras.Model(words, keras.layers.Softmax()(context))
        >>> change = output_change(model, np.eye(3, 2)[None] * 9, uniform_weights)
        >>> float(change[0].round(2))
        0.5

    Reference:
        Jain and Wallace 2019, Attention is not Explanation, section 4.2.
    """
    original = predict_probabilities(model, inputs, output_fn)
    with replaced_weights(model, replacement, layers):
        return total_variation(original, predict_probabilities(model, inputs, output_fn))


def permuted_attention(
    model: keras.Model,
    inputs: TensorTree,
    permutations: int = 100,
    layers: Sequence[keras.layers.Layer] | None = None,
    output_fn: OutputFn = lambda outputs: outputs,
    seed: int = 0,
) -> np.ndarray:
    """Compute the change of the output under permuted attention (Jain and Wallace 2019).

    Args:
        model: as in `output_change`.
        inputs: as in `output_change`.
        permutations: their number; the paper takes the median over 100.
        layers: as in `output_change`.
        output_fn: as in `output_change`.
        seed: of the first permutation; each following one has the next seed.

    Returns:
        `(permutations, batch, ...)`, total variation distances. `np.median(..., axis=0)` is the measure of
        the paper, to be compared with the maximum weight of each example. A query with a single unmasked key
        has no other permutation.

    Raises:
        ValueError: if there is no attention layer, or the outputs are not probabilities.

    Example:
        >>> words = keras.Input((3, 2))
        >>> model = keras.Model(words, keras.layers.Softmax()(keras.layers.Attention()([words, words])))
        >>> permuted_attention(model, np.eye(3, 2)[None], permutations=4).shape
        (4, 1, 3)

    Reference:
        Jain and Wallace 2019, Attention is not Explanation, section 4.2.1, algorithm 2.
    """
    original = predict_probabilities(model, inputs, output_fn)
    changes = []
    for index in range(permutations):
        with replaced_weights(model, permuted_weights(seed + index), layers):
            changes.append(total_variation(original, predict_probabilities(model, inputs, output_fn)))
    return np.stack(changes)

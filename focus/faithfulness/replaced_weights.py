"""Intervention on attention: run a model with replaced attention weights."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
from keras import ops

from ...layers import biases
from ...layers.attention.attention import Attention
from ...layers.attention.attention_weights import AttentionWeights
from ...layers.functional import keras_compat
from ...layers.functional.tensor import Tensor
from ..recording.hooks import patched

# Function of weights (batch, heads, queries, keys) and mask to the new weights.
Replacement = Callable[[Tensor, Tensor | None], Tensor]


@contextlib.contextmanager
def replaced_weights(
    model: keras.Model, replacement: Replacement, layers: Sequence[keras.layers.Layer] | None = None
) -> Iterator[None]:
    """Replace the attention weights of a model within the context.

    Values, projections and gates stay the same. `model(inputs)`, `predict`, `evaluate` and `fit` use the new
    weights within the context, also in the replica threads of `tf.distribute`, and the original weights
    after it.

    Args:
        model: a Keras model with attention layers of `foveal.layers`, or `keras.layers.Attention`,
            `AdditiveAttention`, `MultiHeadAttention` and `GroupQueryAttention`, or subclasses.
        replacement: function from weights `(batch, heads, queries, keys)` and a mask, boolean of the same
            shape or None, true where a query may attend to a key, to the new weights, of `keras.ops`. A layer
            without heads has one head. It is called for each step of a recurrent layer, with one query, and
            with the blocks of a `LocalAttention`.
        layers: the attention layers to replace; all of the model when None.

    Raises:
        ValueError: if there is no such layer, or weights have axes beyond heads, queries and keys.

    Example:
        >>> query, value = keras.Input((3, 4)), keras.Input((5, 4))
        >>> model = keras.Model([query, value], keras.layers.Attention()([query, value]))
        >>> inputs = [np.ones((1, 3, 4)), np.arange(20.0).reshape(1, 5, 4)]
        >>> with replaced_weights(model, lambda weights, mask: 0 * weights):
        ...     float(model.predict(inputs, verbose=0).max())
        0.0
    """
    layers = find_replaceable_layers(model) if layers is None else list(layers)
    invalid = [layer for layer in layers if not isinstance(layer, _KINDS)]
    if invalid or not layers:
        raise ValueError(
            f"`layers` must be attention layers. Received: {invalid or f'none in the model {model.name!r}'}"
        )
    replace = _with_four_axes(replacement)
    with patched([(layer, _patches(layer, replace)) for layer in layers], all_threads=True):
        keras_compat.reset_compiled_functions(model)  # they hold the weights of their trace
        try:
            yield
        finally:
            keras_compat.reset_compiled_functions(model)


def find_replaceable_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """Find the layers of a model whose attention weights can be replaced, nested ones included, each once."""
    return [layer for layer in keras_compat.all_layers(model) if isinstance(layer, _KINDS)]


def _patches(layer: keras.layers.Layer, replace: Replacement) -> dict[str, Any]:
    """The patched methods of a layer."""
    wrappers = next(wrappers for kind, wrappers in _WRAPPERS.items() if isinstance(layer, kind))
    methods = {name: wrap(layer, getattr(layer, name), replace) for name, wrap in wrappers.items()}
    return {**keras_compat.unfused_attention(layer), **methods}


def _with_four_axes(replacement: Replacement) -> Replacement:
    """The replacement for weights with and without heads, and for masks that broadcast to them."""

    def replace(weights: Tensor, mask: Tensor) -> Tensor:
        rank = len(weights.shape)
        if rank not in (3, 4):
            raise ValueError(
                "Attention weights must have shape (batch, [heads,] queries, keys). "
                f"Received: weights.shape={tuple(weights.shape)}"
            )
        with_heads = weights if rank == 4 else weights[:, None]
        if mask is not None:
            mask = ops.cast(mask, "bool")
            mask = mask[None] if len(mask.shape) == 2 else mask
            mask = mask[:, None] if len(mask.shape) == 3 else mask
            mask = ops.broadcast_to(mask, ops.shape(with_heads))
        replaced = ops.cast(replacement(with_heads, mask), weights.dtype)
        return replaced if rank == 4 else replaced[:, 0]

    return replace


def _wrap_compute_weights(
    layer: keras.layers.Layer, compute_weights: Callable, replace: Replacement
) -> Callable:
    def wrapped(
        query: Tensor,
        memory: dict[str, Tensor],
        attention_context: biases.AttentionContext,
        training: bool | None = None,
        sentinel: tuple[Tensor, Tensor] | None = None,
    ) -> AttentionWeights:
        computed = compute_weights(query, memory, attention_context, training, sentinel)
        mask = biases.update_mask(layer.bias, attention_context).mask
        return computed.with_weights(replace(computed.weights, mask))

    return wrapped


def _disable(layer: keras.layers.Layer, can_compute: Callable, replace: Replacement) -> Callable:
    """Disable the fused kernel, which computes no weights, or tiles, which compute those of some queries."""
    return lambda *_: False


def _wrap_apply_scores(layer: keras.layers.Layer, apply_scores: Callable, replace: Replacement) -> Callable:
    def wrapped(
        scores: Tensor, value: Tensor, scores_mask: Tensor | None = None, training: bool | None = False
    ) -> tuple[Tensor, Tensor]:
        _, weights = apply_scores(scores, value, scores_mask, training)
        if scores_mask is not None and len(scores_mask.shape) == 2:
            scores_mask = scores_mask[:, None]  # a mask of keys only
        weights = replace(weights, scores_mask)
        return ops.matmul(weights, value), weights

    return wrapped


def _wrap_compute_attention(
    layer: keras.layers.Layer, compute_attention: Callable, replace: Replacement
) -> Callable:
    """Disable the fused kernel, so that the wrapped softmax is called."""
    is_grouped = isinstance(layer, keras.layers.GroupQueryAttention)

    def wrapped(
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor | None = None,
        training: bool | None = None,
        *_: Any,
        **kwargs: Any,
    ) -> tuple[Tensor, Tensor]:
        vars(layer).update(keras_compat.unfused_attention(layer))  # each call of the layer resets it
        if not is_grouped:
            kwargs["return_attention_scores"] = True
        return compute_attention(query, key, value, attention_mask, training, **kwargs)

    return wrapped


def _wrap_masked_softmax(
    layer: keras.layers.Layer, masked_softmax: Callable, replace: Replacement
) -> Callable:
    def wrapped(scores: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        return replace(masked_softmax(scores, attention_mask), attention_mask)

    return wrapped


_KERAS_WRAPPERS: dict[type, tuple[Callable, ...]] = {
    keras.layers.Attention: (_wrap_apply_scores,),
    keras.layers.MultiHeadAttention: (_wrap_compute_attention, _wrap_masked_softmax),
    keras.layers.GroupQueryAttention: (_wrap_compute_attention, _wrap_masked_softmax),
}
_WRAPPERS: dict[type, dict[str, Callable]] = {
    Attention: {"compute_weights": _wrap_compute_weights, "can_fuse": _disable, "can_tile": _disable},
    **{
        kind: dict(zip(methods, _KERAS_WRAPPERS[kind], strict=True))
        for kind, methods in keras_compat.WEIGHT_METHODS.items()
    },
}
_KINDS = tuple(_WRAPPERS)

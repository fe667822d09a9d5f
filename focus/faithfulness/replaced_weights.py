"""Running a model with other attention weights than its own, without editing it."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
from keras import ops

from ...layers import biases
from ...layers.attention.attention import Attention

Replacement = Callable[[Any, Any], Any]


@contextlib.contextmanager
def replaced_weights(
    model: keras.Model, replacement: Replacement, layers: Sequence[keras.layers.Layer] | None = None
) -> Iterator[None]:
    """Within it the attention layers of a model mix their values by weights that are put in place of theirs.

    Everything else stays: values, projections, and what a gate lets through. `model(inputs)`, `predict`,
    `evaluate` and `fit` all use the new weights, and none of them does afterwards.

    Args:
        model: any Keras model, of layers of `foveal.layers` or of `keras.layers.Attention`,
            `AdditiveAttention`, `MultiHeadAttention`, `GroupQueryAttention` and their heirs.
        replacement: from weights `(batch, heads, queries, keys)` and a mask, boolean of the same shape or
            None, true where a query may look, to the new weights; of operations of `keras.ops`. Layers
            without heads have one. A recurrent layer asks for each step, with one query; a
            `LocalAttention` for its blocks.
        layers: whose weights are replaced; by default those of all attention layers of the model.

    Raises:
        ValueError: where there is no such layer, or weights have axes beyond heads, queries and keys.

    Example:
        >>> query, value = keras.Input((3, 4)), keras.Input((5, 4))
        >>> model = keras.Model([query, value], keras.layers.Attention()([query, value]))
        >>> inputs = [np.ones((1, 3, 4)), np.arange(20.0).reshape(1, 5, 4)]
        >>> with replaced_weights(model, lambda weights, mask: 0 * weights):
        ...     float(model.predict(inputs, verbose=0).max())
        0.0
    """
    layers = attention_layers(model) if layers is None else list(layers)
    unknown = [layer for layer in layers if not isinstance(layer, _KINDS)]
    if unknown or not layers:
        raise ValueError(f"Expected attention layers. Received: {unknown or f'none in {model.name!r}'}.")
    with contextlib.ExitStack() as stack:
        for layer in layers:
            stack.enter_context(_replaced(layer, replacement))
        _forget_traces(model)
        try:
            yield
        finally:
            _forget_traces(model)


def attention_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """All attention layers of a model, those inside of other layers too, each once."""
    return [layer for layer in model._flatten_layers() if isinstance(layer, _KINDS)]


@contextlib.contextmanager
def _replaced(layer: Any, replacement: Replacement) -> Iterator[None]:
    """The methods of a layer that make its weights, made anew for this object alone."""
    own, makers = vars(layer), next(makers for kind, makers in _METHODS.items() if isinstance(layer, kind))
    before = {name: own[name] for name in makers if name in own}
    replace = _of_four_axes(replacement)
    made = {name: make(layer, getattr(layer, name), replace) for name, make in makers.items()}
    own.update(made)
    try:
        yield
    finally:
        for name in made:
            del own[name]
        own.update(before)


def _forget_traces(model: keras.Model) -> None:
    """What Keras compiled holds the weights of when it was traced."""
    model.train_function = model.test_function = model.predict_function = None


def _of_four_axes(replacement: Replacement) -> Replacement:
    """The same for weights with and without heads, and for masks that broadcast to them."""

    def replace(weights: Any, mask: Any) -> Any:
        rank = len(weights.shape)
        if rank not in (3, 4):
            raise ValueError(
                "Expected weights of shape (batch, [heads,] queries, keys). "
                f"Received: {tuple(weights.shape)}."
            )
        whole = weights if rank == 4 else weights[:, None]
        if mask is not None:
            mask = ops.cast(mask, "bool")
            mask = mask[None] if len(mask.shape) == 2 else mask
            mask = mask[:, None] if len(mask.shape) == 3 else mask
            mask = ops.broadcast_to(mask, ops.shape(whole))
        replaced = ops.cast(replacement(whole, mask), weights.dtype)
        return replaced if rank == 4 else replaced[:, 0]

    return replace


def _compute_weights(layer: Any, compute: Callable, replace: Replacement) -> Callable:
    def replaced(
        query: Any,
        memory: dict,
        attention_context: Any,
        training: bool | None = None,
        sentinel: tuple | None = None,
    ) -> Any:
        computed = compute(query, memory, attention_context, training, sentinel)
        mask = biases.update_mask(layer.bias, attention_context).mask
        return computed.with_weights(replace(computed.weights, mask))

    return replaced


def _can_fuse(layer: Any, can_fuse: Callable, replace: Replacement) -> Callable:
    """A fused kernel computes no weights that could be replaced."""
    return lambda memory: False


def _apply_scores(layer: Any, apply: Callable, replace: Replacement) -> Callable:
    def replaced(scores: Any, value: Any, scores_mask: Any = None, training: Any = False) -> tuple[Any, Any]:
        _, weights = apply(scores, value, scores_mask, training)
        if scores_mask is not None and len(scores_mask.shape) == 2:
            scores_mask = scores_mask[:, None]  # of keys alone
        weights = replace(weights, scores_mask)
        return ops.matmul(weights, value), weights

    return replaced


def _masked_softmax(layer: Any, softmax: Callable, replace: Replacement) -> Callable:
    def replaced(scores: Any, attention_mask: Any = None) -> Any:
        return replace(softmax(scores, attention_mask), attention_mask)

    return replaced


def _compute_attention(layer: Any, compute: Callable, replace: Replacement) -> Callable:
    """Not by a kernel that keeps the weights to itself, so that the softmax is asked."""
    grouped = isinstance(layer, keras.layers.GroupQueryAttention)

    def replaced(
        query: Any,
        key: Any,
        value: Any,
        attention_mask: Any = None,
        training: Any = None,
        *_: Any,
        **options: Any,
    ) -> tuple[Any, Any]:
        if grouped:
            layer._return_attention_scores = True
        else:
            options["return_attention_scores"] = True
        return compute(query, key, value, attention_mask, training, **options)

    return replaced


_STOCK = {"_compute_attention": _compute_attention, "_masked_softmax": _masked_softmax}
_METHODS: dict[type, dict[str, Callable]] = {
    Attention: {"compute_weights": _compute_weights, "can_fuse": _can_fuse},
    keras.layers.Attention: {"_apply_scores": _apply_scores},  # and AdditiveAttention
    keras.layers.MultiHeadAttention: _STOCK,
    keras.layers.GroupQueryAttention: _STOCK,
}
_KINDS = tuple(_METHODS)

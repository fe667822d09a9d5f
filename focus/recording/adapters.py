"""Adapters that record the attention weights of each family of layers."""

import inspect
import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ...layers import AttentionPooling, AttentionRNN
from ...layers.attention.attention_inputs import AttentionInputs
from ...layers.attention.attention_outputs import AttentionOutputs
from ...layers.functional import keras_compat, kv_cache, masks
from ...layers.functional.attention_axes import AttentionAxes
from ...layers.functional.tensor import Tensor
from .hooks import Adapter, CollectedWeights, WeightCollector, match_adapters

_FLAGS = ("return_attention_scores", "return_decisions")


def wrap_call(layer: keras.layers.Layer, name: str, collector: WeightCollector) -> dict[str, Any]:
    """Wrap a layer whose `call` accepts `return_attention_scores`, as those of Keras and `foveal.layers` do.

    Args:
        layer: the layer.
        name: its name in the records.
        collector: receives the weights.

    Returns:
        The attributes of the layer during recording.
    """
    signature, call = inspect.signature(layer.call), layer.call
    flags = [flag for flag in _FLAGS if flag in signature.parameters]

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        requested = {flag: bound.arguments[flag] for flag in flags}
        bound.arguments.update(dict.fromkeys(flags, True))
        output, *optional = call(*bound.args, **bound.kwargs)
        returned, further = dict(zip(flags, optional, strict=False)), optional[len(flags) :]
        weights, gate = returned[_FLAGS[0]], returned.get(_FLAGS[1], {}).get("gate")
        arguments, weights, gate = _fold_axes(layer, bound.arguments, weights, gate)
        has_sentinel = getattr(getattr(layer, "gate", None), "has_sentinel", True)
        gate_kind = "sentinel" if has_sentinel else "output"
        collector.add(name, weights, _mask_from_arguments(arguments, weights), gate, gate_kind)
        optional = [*(returned[flag] for flag in flags if requested[flag]), *further]
        return (output, *optional) if optional else output

    # A fused kernel does not return the weights.
    return {"call": wrapped, **keras_compat.unfused_attention(layer)}


def wrap_pooling(layer: keras.layers.Layer, name: str, collector: WeightCollector) -> dict[str, Any]:
    """Wrap an `AttentionPooling` layer; each pooled sequence is the row of a query.

    Args:
        layer: the layer.
        name: its name in the records.
        collector: receives the weights.

    Returns:
        The attributes of the layer during recording.
    """
    call = layer.call

    def wrapped(
        inputs: Tensor,
        mask: Tensor | None = None,
        return_attention_scores: bool = False,
        return_decisions: bool = False,
        **kwargs: Any,
    ) -> Any:
        output, weights, decisions = call(
            inputs, mask, return_attention_scores=True, return_decisions=True, **kwargs
        )
        batch, *_, keys = ops.shape(weights)
        shape = (batch, -1, keys)
        collector.add(name, ops.reshape(weights, shape), None if mask is None else ops.reshape(mask, shape))
        outputs = AttentionOutputs(output, weights, decisions)
        return outputs.select(return_attention_scores, return_decisions)

    return {"call": wrapped}


def wrap_attention_rnn(layer: keras.layers.Layer, name: str, collector: WeightCollector) -> dict[str, Any]:
    """Wrap an `AttentionRNN`, whose `call` returns the weights of all steps.

    Args:
        layer: the layer.
        name: its name in the records.
        collector: receives the weights.

    Returns:
        The attributes of the layer during recording.
    """
    signature, call = inspect.signature(layer.call), layer.call

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        arguments = signature.bind(*args, **kwargs).arguments
        with collector.collect_separately():
            outputs, states, weights, decisions = call(*args, **kwargs)
        mask = _mask_from_arguments(
            {"query_mask": arguments.get("inputs_mask"), "value_mask": arguments.get("memory_mask")}, weights
        )
        collector.add(f"{name}/{layer.cell.attention.name}", weights, mask, decisions.get("gate"))
        return outputs, states, weights, decisions

    return {"call": wrapped}


def wrap_rnn(layer: keras.layers.Layer, name: str, collector: WeightCollector) -> dict[str, Any]:
    """Wrap a `keras.layers.RNN` with attention in its cell; each step is the row of a query.

    Args:
        layer: the layer.
        name: not used: the records have the names of the attention layers.
        collector: receives the weights.

    Returns:
        The attributes of the layer during recording.
    """
    signature, call = inspect.signature(layer.call), layer.call

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        arguments = signature.bind(*args, **kwargs).arguments
        num_steps = keras.tree.flatten(arguments["sequences"])[0].shape[1]
        with collector.collect_separately() as step_weights:
            output = call(*args, **kwargs)
        mask = next(iter(keras.tree.flatten(arguments.get("mask"))), None)
        mask = None if mask is None else ops.cast(mask, "bool")[:, :, None]
        calls_per_step = len(step_weights) // num_steps
        for position in range(calls_per_step):
            rows = step_weights[position::calls_per_step][:: -1 if layer.go_backwards else 1]
            _add_steps(collector, rows, mask)
        return output

    return {"call": wrapped, "unroll": True}  # tensors of a backend loop are not available outside of it


def _add_steps(collector: WeightCollector, rows: Sequence[CollectedWeights], mask: Tensor | None) -> None:
    """Add the weights of the steps of one attention layer as the rows of one call."""
    weights = ops.concatenate([row.weights for row in rows], axis=2)
    step_masks = [_broadcast_mask(row.mask, row.weights) for row in rows if row.mask is not None]
    combined = _combine_masks(ops.concatenate(step_masks, axis=2) if step_masks else None, mask)
    gates = [row.gate for row in rows if row.gate is not None]
    gate = ops.concatenate(gates, axis=2) if gates else None
    collector.add(rows[0].layer, weights, combined, gate, rows[0].gate_kind)


ADAPTERS: list[tuple[type, Adapter]] = [(AttentionPooling, wrap_pooling), (AttentionRNN, wrap_attention_rnn)]
"""Layer types and their adapters; the first type that matches is used."""


def find_attention_layers(
    model: keras.layers.Layer, adapters: Sequence[tuple[type, Adapter]] = ()
) -> list[tuple[str, keras.layers.Layer, Adapter]]:
    """Find the attention layers of a model.

    Args:
        model: a Keras model or layer.
        adapters: pairs of a type and an adapter, which take precedence over `ADAPTERS`.

    Returns:
        Name, layer and adapter of each.
    """
    return match_adapters(model, (*adapters, *ADAPTERS), wrap_call)


def check_has_attention(model: keras.layers.Layer, adapters: Sequence[tuple[type, Adapter]] = ()) -> None:
    """Raise a `ValueError` unless a model has an attention layer."""
    if not find_attention_layers(model, adapters):
        kinds = sorted(kind.__name__ for kind, _ in (*adapters, *ADAPTERS))
        raise ValueError(
            f"`model` must have an attention layer: one of {kinds}, or one whose call accepts "
            f"`return_attention_scores`. Received: model={model.name!r} without one"
        )


def find_attention_rnns(
    model: keras.layers.Layer, adapters: Sequence[tuple[type, Adapter]] = ()
) -> list[keras.layers.RNN]:
    """Find the `keras.layers.RNN` layers of a model with an attention layer in their cells."""
    attention_layers = [layer for _, layer, _ in find_attention_layers(model, adapters)]
    rnns = [layer for layer in keras_compat.all_layers(model) if isinstance(layer, keras.layers.RNN)]
    return [rnn for rnn in rnns if any(layer in attention_layers for layer in keras_compat.all_layers(rnn))]


def recording_patches(
    model: keras.layers.Layer, adapters: Sequence[tuple[type, Adapter]], collector: WeightCollector
) -> list[tuple[keras.layers.Layer, dict[str, Any]]]:
    """Compute the patches of `hooks.patched` that record a model.

    Args:
        model: a Keras model or layer.
        adapters: as in `find_attention_layers`.
        collector: receives the weights.

    Returns:
        Pairs of a layer and its attributes. They include the state that a call sets on each layer, so that
        it is restored.
    """
    wrapped_layers = [
        *find_attention_layers(model, adapters),
        *(("", rnn, wrap_rnn) for rnn in find_attention_rnns(model, adapters)),
    ]
    states = [(layer, keras_compat.call_state(layer)) for layer in keras_compat.all_layers(model)]
    return states + [(layer, adapter(layer, name, collector)) for name, layer, adapter in wrapped_layers]


def _mask_from_arguments(arguments: dict[str, Any], weights: Tensor) -> Tensor | None:
    """Compute the attention mask from the arguments of a call; None without masks.

    The names are Keras's: `query_mask`, `value_mask`, `key_mask`, `attention_mask`, `use_causal_mask`, or
    `mask`, a list of the masks of query and value. A layer without `value` is self-attention.
    """
    num_heads = weights.shape[1] if len(weights.shape) == 4 else None
    weights = weights if num_heads is None else weights[:, 0]
    query_mask, value_mask = arguments.get("query_mask"), arguments.get("value_mask")
    for attached in (query_mask, arguments.get("mask")):  # of inputs in a list
        if isinstance(attached, (list, tuple)):
            query_mask, value_mask = attached[:2]
    if "query" in arguments and "value" not in arguments:
        query_mask = keras_compat.keras_mask(arguments["query"]) if query_mask is None else query_mask
        value_mask = query_mask if arguments.get("cache") is None else None
    return masks.compute_attention_mask(
        weights,
        ops.swapaxes(weights, 1, 2),
        query_mask=query_mask,
        value_mask=value_mask,
        key_mask=arguments.get("key_mask"),
        attention_mask=arguments.get("attention_mask"),
        use_causal_mask=bool(arguments.get("use_causal_mask")),
        cache_index=kv_cache.first_index(arguments.get("cache"), arguments.get("cache_index")),
        num_heads=num_heads,
    )


def _combine_masks(first: Tensor | None, second: Tensor | None) -> Tensor | None:
    """The logical and of two masks; a mask of rank 3 is shared by all heads."""
    if first is None or second is None:
        return second if first is None else first
    first, second = (mask if len(mask.shape) == 4 else mask[:, None] for mask in (first, second))
    return ops.logical_and(first, second)


def _broadcast_mask(mask: Tensor, weights: Tensor) -> Tensor:
    return ops.logical_and(mask, ops.ones_like(weights, dtype="bool"))


def _fold_axes(
    layer: keras.layers.Layer, arguments: dict[str, Any], weights: Tensor, gate: Tensor | None
) -> tuple[dict[str, Any], Tensor, Tensor | None]:
    """Flatten several axes of attention, such as those of an image, in arguments, weights and gate."""
    if not hasattr(layer, "attention_axes"):
        return arguments, weights, gate
    axes = AttentionAxes.resolve(layer.attention_axes, len(arguments["query"].shape))
    if axes is None or axes.outer != (0,):
        return arguments, weights, gate
    batch, heads = ops.shape(weights)[:2]
    names = ("query_mask", "value_mask", "key_mask", "attention_mask")
    given: dict[str, Any] = {name: arguments.get(name) for name in ("query", "value", *names)}
    folded = AttentionInputs(**given).fold(axes, weights.shape[1])
    sizes, count = ops.shape(weights)[2:], len(axes.axes)
    queries, keys = math.prod(sizes[:count]), math.prod(sizes[count:])
    weights = ops.reshape(weights, (batch, heads, queries, keys))
    gate = None if gate is None else ops.reshape(gate, (batch, heads, queries))
    return {**arguments, **{name: getattr(folded, name) for name in names}}, weights, gate

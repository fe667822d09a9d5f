"""How each kind of attention layer is heard."""

import inspect
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ...layers import AttentionPooling, AttentionRNN
from ...layers.attention.attention_outputs import AttentionOutputs
from ...layers.functional import kv_cache, masks
from ...layers.functional.keras_compat import keras_mask
from .hooks import Adapter, WeightCollector, match_adapters

_LEFT = ("_called", "_parent_path")  # what a call sets on a layer, beside losses
_FLAGS = ("return_attention_scores", "return_decisions")


def wrap_call(layer: Any, name: str, collector: WeightCollector) -> dict[str, Any]:
    """Of a layer whose `call` returns its scores when asked, as those of Keras and of `foveal.layers` do."""
    signature, call = inspect.signature(layer.call), layer.call
    flags = [flag for flag in _FLAGS if flag in signature.parameters]

    def heard(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        asked = {flag: bound.arguments[flag] for flag in flags}
        bound.arguments.update(dict.fromkeys(flags, True))
        output, *told = call(*bound.args, **bound.kwargs)
        seen, rest = dict(zip(flags, told, strict=False)), told[len(flags) :]
        weights = _flat(seen[_FLAGS[0]], getattr(layer, "_attention_axes", None))
        gate = seen.get(_FLAGS[1], {}).get("gate")
        collector.told(name, weights, _told_mask(bound.arguments, weights), gate)
        optional = [*(seen[flag] for flag in flags if asked[flag]), *rest]
        return (output, *optional) if optional else output

    # A fused kernel keeps the weights to itself.
    fused = {"_flash_attention": False, "_return_attention_scores": True}
    return {"call": heard, **(fused if hasattr(layer, "_flash_attention") else {})}


def wrap_pooling(layer: Any, name: str, collector: WeightCollector) -> dict[str, Any]:
    """Of an `AttentionPooling`: each sequence that is pooled is the row of a query."""
    call = layer.call

    def heard(
        inputs: Any,
        mask: Any = None,
        return_attention_scores: bool = False,
        return_decisions: bool = False,
        **kwargs: Any,
    ) -> Any:
        output, weights, decisions = call(
            inputs, mask, return_attention_scores=True, return_decisions=True, **kwargs
        )
        batch, *_, keys = ops.shape(weights)
        rows = (batch, -1, keys)
        collector.told(name, ops.reshape(weights, rows), None if mask is None else ops.reshape(mask, rows))
        outputs = AttentionOutputs(output, weights, decisions)
        return outputs.select(return_attention_scores, return_decisions)

    return {"call": heard}


def wrap_attention_rnn(layer: Any, name: str, collector: WeightCollector) -> dict[str, Any]:
    """Of an `AttentionRNN`, which tells the weights of all its steps."""
    signature, call = inspect.signature(layer.call), layer.call

    def heard(*args: Any, **kwargs: Any) -> Any:
        told = signature.bind(*args, **kwargs).arguments
        with collector.collect_separately():
            outputs, states, weights, decisions = call(*args, **kwargs)
        mask = _told_mask(
            {"query_mask": told.get("inputs_mask"), "value_mask": told.get("memory_mask")}, weights
        )
        collector.told(f"{name}/{layer.cell.attention.name}", weights, mask, decisions.get("gate"))
        return outputs, states, weights, decisions

    return {"call": heard}


def wrap_rnn(layer: Any, name: str, collector: WeightCollector) -> dict[str, Any]:
    """Of a `keras.layers.RNN` with attention in its cell: the rows of its steps, one under the other."""
    signature, call = inspect.signature(layer.call), layer.call

    def heard(*args: Any, **kwargs: Any) -> Any:
        told = signature.bind(*args, **kwargs).arguments
        steps = keras.tree.flatten(told["sequences"])[0].shape[1]
        with collector.collect_separately() as sublayers:
            output = call(*args, **kwargs)
        mask = next(iter(keras.tree.flatten(told.get("mask"))), None)
        mask = None if mask is None else ops.cast(mask, "bool")[:, :, None]
        calls = len(sublayers) // steps
        for place in range(calls):
            rows = sublayers[place::calls][:: -1 if layer.go_backwards else 1]
            weights = ops.concatenate([row.weights for row in rows], axis=2)
            seen = [_whole(row.mask, row.weights) for row in rows if row.mask is not None]
            seen = _both(ops.concatenate(seen, axis=2) if seen else None, mask)
            gates = [row.gate for row in rows if row.gate is not None]
            collector.told(rows[0].layer, weights, seen, ops.concatenate(gates, axis=2) if gates else None)
        return output

    return {"call": heard, "unroll": True}  # what is told inside of a loop of the backend cannot get out


# The first that fits is taken; every other layer whose call returns scores is heard by `wrap_call`.
ADAPTERS: list[tuple[type, Adapter]] = [(AttentionPooling, wrap_pooling), (AttentionRNN, wrap_attention_rnn)]


def find_attention_layers(
    model: Any, adapters: Sequence[tuple[type, Adapter]] = ()
) -> list[tuple[str, Any, Adapter]]:
    """The layers of a model that attend: name, layer and adaptor; `adapters` are asked before `ADAPTERS`."""
    return match_adapters(model, (*adapters, *ADAPTERS), wrap_call)


def check_has_attention(model: Any, adapters: Sequence[tuple[type, Adapter]] = ()) -> None:
    """Raises a `ValueError` unless a layer of the model attends."""
    if not find_attention_layers(model, adapters):
        known = sorted(kind.__name__ for kind, _ in (*adapters, *ADAPTERS))
        raise ValueError(
            f"Expected a model with a layer that attends: one of {known}, or one whose call takes "
            f"`return_attention_scores`. Received: {model.name}, without."
        )


def find_attention_rnns(model: Any, adapters: Sequence[tuple[type, Adapter]] = ()) -> list[Any]:
    """The Keras RNNs of a model with a layer that attends in their cells."""
    heard = [layer for _, layer, _ in find_attention_layers(model, adapters)]
    rnns = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.RNN)]
    return [rnn for rnn in rnns if any(part in heard for part in rnn._flatten_layers())]


def recording_patches(
    model: Any, adapters: Sequence[tuple[type, Adapter]], collector: WeightCollector
) -> list[tuple[Any, dict[str, Any]]]:
    """What `changed` gives the layers while they are heard; what a call leaves on them goes with it."""
    heard = [
        *find_attention_layers(model, adapters),
        *(("", rnn, wrap_rnn) for rnn in find_attention_rnns(model, adapters)),
    ]
    left = [
        (layer, {"_losses": [], "_loss_ids": set(), **{name: vars(layer).get(name) for name in _LEFT}})
        for layer in model._flatten_layers()
    ]
    return left + [(layer, adapter(layer, name, collector)) for name, layer, adapter in heard]


def _told_mask(told: dict[str, Any], weights: Any) -> Any:
    """What the arguments of a call say about who may look where; None where they say nothing.

    The names are Keras's: `query_mask`, `value_mask`, `key_mask`, `attention_mask`, `use_causal_mask`, or
    `mask`, a list of those of query and value. A layer that takes a query alone attends to itself.
    """
    weights = weights if len(weights.shape) == 3 else weights[:, 0]
    queries, values = told.get("query_mask"), told.get("value_mask")
    if isinstance(told.get("mask"), (list, tuple)):
        queries, values = told["mask"][:2]
    if "query" in told and "value" not in told:
        queries = keras_mask(told["query"]) if queries is None else queries
        values = queries if told.get("cache") is None else None
    given = told.get("attention_mask")
    given = None if given is None else ops.cast(given, "bool")
    whole = given is not None and len(given.shape) == 4
    joined = masks.compute_attention_mask(
        weights,
        ops.swapaxes(weights, 1, 2),
        query_mask=queries,
        value_mask=values,
        key_mask=told.get("key_mask"),
        attention_mask=None if whole else given,
        use_causal_mask=bool(told.get("use_causal_mask")),
        cache_index=kv_cache.first_index(told.get("cache"), told.get("cache_index")),
    )
    return _both(joined, given if whole else None)


def _both(one: Any, other: Any) -> Any:
    """True where both masks are; a mask of rank 3 is the same for every head."""
    if one is None or other is None:
        return other if one is None else one
    one, other = (mask if len(mask.shape) == 4 else mask[:, None] for mask in (one, other))
    return ops.logical_and(one, other)


def _whole(mask: Any, weights: Any) -> Any:
    return ops.logical_and(mask, ops.ones_like(weights, dtype="bool"))


def _flat(weights: Any, axes: tuple | None) -> Any:
    """Where Keras attends over several axes, such as those of a picture, they become one."""
    if axes is None or len(axes) == 1 or len(weights.shape) != 2 + 2 * len(axes):
        return weights
    batch, heads, *places = ops.shape(weights)
    queries = 1
    for size in places[: len(axes)]:
        queries = queries * size
    return ops.reshape(weights, (batch, heads, queries, -1))

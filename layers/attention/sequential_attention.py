"""Queries one after the other, each told where the ones before it looked."""

import dataclasses
from collections.abc import Callable
from typing import Any

from keras import ops

from ..biases import AttentionContext
from ..functional import attention_state
from ..functional.scan import scan


def attend_sequentially(
    attend: Callable,
    query: Any,
    key: Any,
    value: Any,
    attention_context: AttentionContext,
    sentinel: Any,
    is_stochastic: bool,
) -> tuple[Any, Any, dict]:
    """Calls `attend(query, key, value, attention_context, sentinel)` for one query at a time.

    What the keys got so far, `attention_context.coverage`, grows from step to step, and `attention_context.previous_weights` follows.

    Args:
        attend: the equation.
        query, key, value, attention_context, sentinel: of all queries, as `attend` takes them.
        is_stochastic: whether `attend` draws random numbers.

    Returns:
        What `attend` gives for all queries at once.
    """

    def at(tensor: Any, t: Any, axis: int) -> Any:
        """The slice that query `t` sees; an axis of size 1 serves all of them."""
        if tensor is None or len(tensor.shape) < -axis:
            return tensor
        return ops.take(tensor, ops.minimum(t, ops.shape(tensor)[axis] - 1), axis=axis)

    def step(t: Any, state: dict) -> tuple[Any, dict]:
        t = ops.cast(t[0], "int32")
        seen = dataclasses.replace(
            attention_context,
            query_positions=at(attention_context.query_positions, t, -1),
            mask=at(attention_context.mask, t, -2),
            prior=at(attention_context.prior, t, -2),
            coverage=state.get("coverage"),
            previous_weights=state.get("previous"),
        )
        one = None if sentinel is None else tuple(at(part, t, -2) for part in sentinel)
        context, weights, decisions = attend(at(query, t, -2), key, value, seen, one)
        decided = {name: decision[..., 0] for name, decision in decisions.items()}
        return (context[..., 0, :], weights[..., 0, :], decided), attention_state.advance(state, weights)

    batch, length, keys = ops.shape(query)[0], ops.shape(query)[-2], ops.shape(key)[-2]
    steps = ops.broadcast_to(ops.cast(ops.arange(length), "float32")[None, :, None], (batch, length, 1))
    carried = {"coverage": attention_context.coverage, "previous": attention_context.previous_weights}
    carried = {name: ops.cast(x, "float32") for name, x in carried.items() if x is not None}
    (context, weights, decisions), _ = scan(step, steps, carried, keys, is_stochastic=is_stochastic)
    context, weights = (ops.cast(ops.moveaxis(x, 1, -2), value.dtype) for x in (context, weights))
    return context, weights, {name: ops.moveaxis(x, 1, -1) for name, x in decisions.items()}

"""Queries one after the other, each told where the ones before it looked."""

import dataclasses
from collections.abc import Callable
from typing import Any

from keras import ops

from . import states
from .biases import View
from .loops import over_time


def attend_in_order(
    attend: Callable, query: Any, key: Any, value: Any, view: View, sentinel: Any, draws: bool
) -> tuple[Any, Any, dict]:
    """Calls `attend(query, key, value, view, sentinel)` for one query at a time.

    What the keys got so far, `view.coverage`, grows from step to step, and `view.previous` follows.

    Args:
        attend: the equation.
        query, key, value, view, sentinel: of all queries, as `attend` takes them.
        draws: whether `attend` draws random numbers.

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
            view,
            queries=at(view.queries, t, -1),
            mask=at(view.mask, t, -2),
            prior=at(view.prior, t, -2),
            **state,
        )
        one = None if sentinel is None else tuple(at(part, t, -2) for part in sentinel)
        context, weights, decisions = attend(at(query, t, -2), key, value, seen, one)
        decided = {name: decision[..., 0] for name, decision in decisions.items()}
        return (context[..., 0, :], weights[..., 0, :], decided), states.advance(state, weights)

    batch, length, keys = ops.shape(query)[0], ops.shape(query)[-2], ops.shape(key)[-2]
    steps = ops.broadcast_to(ops.cast(ops.arange(length), "float32")[None, :, None], (batch, length, 1))
    carried = {"coverage": view.coverage, "previous": view.previous}
    carried = {name: ops.cast(x, "float32") for name, x in carried.items() if x is not None}
    (context, weights, decisions), _ = over_time(step, steps, carried, keys, draws=draws)
    context, weights = (ops.cast(ops.moveaxis(x, 1, -2), value.dtype) for x in (context, weights))
    return context, weights, {name: ops.moveaxis(x, 1, -1) for name, x in decisions.items()}

"""Queries one after the other, each told where the ones before it looked."""

import dataclasses
from collections.abc import Callable
from typing import Any

from keras import ops

from .biases import View
from .loops import over_time


def attend_in_order(
    attend: Callable, query: Any, key: Any, value: Any, view: View, sentinel: Any, draws: bool
) -> tuple[Any, Any, dict]:
    """Calls `attend(query, key, value, view, sentinel)` for one query at a time.

    What the keys got so far, `view.coverage`, grows from step to step.

    Args:
        attend: the equation.
        query, key, value, view, sentinel: of all queries, as `attend` takes them.
        draws: whether `attend` draws random numbers.

    Returns:
        What `attend` gives for all queries at once.
    """

    def at(tensor: Any, t: Any, axis: int) -> Any:
        """The slice that query `t` sees; an axis of size 1 serves all of them."""
        if tensor is None or len(tensor.shape) < -axis or tensor.shape[axis] == 1:
            return tensor
        return ops.take(tensor, t[None], axis=axis)

    def step(t: Any, states: list) -> tuple[Any, list]:
        t, (coverage,) = ops.cast(t[0, 0], "int32"), states
        seen = dataclasses.replace(
            view,
            queries=at(view.queries, t, -1),
            mask=at(view.mask, t, -2),
            prior=at(view.prior, t, -2),
            coverage=coverage,
        )
        one = None if sentinel is None else tuple(at(part, t, -2) for part in sentinel)
        context, weights, decisions = attend(at(query, t, -2), key, value, seen, one)
        coverage = coverage + ops.cast(ops.sum(weights, axis=-2), coverage.dtype)
        decided = {name: value[..., 0] for name, value in decisions.items()}
        return (context[..., 0, :], weights[..., 0, :], decided), [coverage]

    batch, length = ops.shape(query)[0], ops.shape(query)[-2]
    steps = ops.broadcast_to(ops.cast(ops.arange(length), "float32")[None, :, None], (batch, length, 1))
    keys = ops.shape(key)[-2]
    (context, weights, decisions), _ = over_time(step, steps, [view.coverage], keys, draws=draws)
    decisions = {name: ops.moveaxis(decided, 1, -1) for name, decided in decisions.items()}
    return ops.moveaxis(context, 1, -2), ops.moveaxis(weights, 1, -2), decisions

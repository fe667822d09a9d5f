"""Sequential attention for components that keep state between queries, such as a coverage."""

import dataclasses
from collections.abc import Callable

from keras import ops

from ..biases import AttentionContext
from ..functional import attention_state
from ..functional.precision import working_dtype
from ..functional.scan import scan
from ..functional.tensor import Tensor
from ..functional.tiling import take_rows
from .attention_weights import AttentionWeights


def attend_sequentially(
    attend: Callable,
    query: Tensor,
    memory: dict[str, Tensor],
    attention_context: AttentionContext,
    sentinel: tuple[Tensor, Tensor] | None,
    is_stochastic: bool,
) -> tuple[Tensor, AttentionWeights]:
    """Call `attend(query, attention_context, sentinel)` for one query at a time.

    `coverage` and `previous_weights` of the context are updated after each query.

    Args:
        attend: the equation; returns an output and `AttentionWeights`.
        query: all queries, `(..., Tq, dim)`.
        memory: `"key"`, `(..., Tk, key_dim)`, and `"value"`, `(..., Tk, value_dim)`.
        attention_context: of all queries.
        sentinel: of all queries, as `Attention.attend` takes it; or None.
        is_stochastic: whether `attend` draws random numbers.

    Returns:
        Output and `AttentionWeights` of all queries.
    """

    def step(index: Tensor, state: dict[str, Tensor]) -> tuple[tuple, dict[str, Tensor]]:
        index = ops.cast(index[0], "int32")
        context = dataclasses.replace(
            attention_context,
            query_positions=_slice(attention_context.query_positions, index, -1),
            mask=_slice(attention_context.mask, index, -2),
            prior=_slice(attention_context.prior, index, -2),
            coverage=state["coverage"],
            previous_weights=state.get("previous"),
        )
        step_sentinel = None if sentinel is None else tuple(_slice(x, index, -2) for x in sentinel)
        output, weights = attend(_slice(query, index, -2), context, step_sentinel)
        decisions = {name: decision[..., 0] for name, decision in weights.decisions.items()}
        state = attention_state.update_state(state, weights.weights, 1)
        return (output[..., 0, :], weights.weights[..., 0, :], decisions), state

    batch, length, key_length = ops.shape(query)[0], ops.shape(query)[-2], ops.shape(memory["key"])[-2]
    dtype = working_dtype(query.dtype)
    indices = ops.broadcast_to(ops.cast(ops.arange(length), dtype)[None, :, None], (batch, length, 1))
    state = {"coverage": attention_context.coverage, "previous": attention_context.previous_weights}
    state = {name: ops.cast(x, dtype) for name, x in state.items() if x is not None}
    (output, weights, decisions), _ = scan(step, indices, state, key_length, is_stochastic=is_stochastic)
    output, weights = (ops.cast(ops.moveaxis(x, 1, -2), memory["value"].dtype) for x in (output, weights))
    return output, AttentionWeights(weights, {name: ops.moveaxis(x, 1, -1) for name, x in decisions.items()})


def _slice(tensor: Tensor | None, index: Tensor, axis: int) -> Tensor | None:
    """Take one query of a tensor along an axis; an axis of size 1, or a missing axis, broadcasts."""
    if tensor is None or len(tensor.shape) < -axis:
        return tensor
    return take_rows(tensor, index, axis)

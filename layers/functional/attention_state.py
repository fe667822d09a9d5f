"""State that attention carries from earlier queries to the next one, for step-by-step calls."""

from collections.abc import Sequence

from keras import ops

from .precision import at_least_float32
from .tensor import Tensor


def initial_state(
    names: Sequence[str], batch_size: int | Tensor, heads_shape: tuple, key_length: int | Tensor, dtype: str
) -> dict[str, Tensor]:
    """Return the state before the first query.

    Args:
        names: keys of the state: `"position"`, `"coverage"`, `"previous"`.
        batch_size: size of the batch.
        heads_shape: `(heads,)`, or `()` without heads.
        key_length: Tk; only `"coverage"` and `"previous"` need it.
        dtype: of `"coverage"` and `"previous"`.

    Returns:
        A dict of the named entries: `"position"`, of the next query, int `(batch, 1)`; `"coverage"`, the
        sum of the weights of each key so far, `(batch, [heads,] Tk)`; `"previous"`, the weights of the last
        query, one-hot at the first key before the first query.
    """
    shape = (batch_size, *heads_shape, key_length)
    makers = {
        "position": lambda: ops.zeros((batch_size, 1), "int32"),
        "coverage": lambda: ops.zeros(shape, dtype),
        "previous": lambda: ops.broadcast_to(ops.cast(ops.arange(key_length) == 0, dtype), shape),
    }
    return {name: makers[name]() for name in names}


def needs_weights(state: dict[str, Tensor] | None) -> bool:
    """Return whether `update_state` reads the weights for this state."""
    return bool(set(state or ()) - {"position"})


def update_state(
    state: dict[str, Tensor], weights: Tensor | None, query_length: int | Tensor
) -> dict[str, Tensor]:
    """Return the state after further queries.

    Args:
        state: the state before these queries.
        weights: the weights of these queries, `(batch, [heads,] Tq, Tk)`; None where `needs_weights` is
            false.
        query_length: Tq.

    Returns:
        A dict with the keys of `state`.
    """
    updates = {
        "position": lambda position: position + query_length,
        "coverage": lambda coverage: at_least_float32(coverage) + ops.sum(at_least_float32(weights), axis=-2),
        "previous": lambda _: at_least_float32(weights)[..., -1, :],
    }
    return {name: updates[name](value) for name, value in state.items()}

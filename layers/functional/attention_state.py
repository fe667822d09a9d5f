"""What a query leaves to the next, for parts that ask where the layer looked before."""

from collections.abc import Sequence
from typing import Any

from keras import ops


def initial(names: Sequence[str], batch_size: Any, heads: tuple, keys: Any) -> dict:
    """The state before the first query.

    Returns:
        Of these, those that are named: `"position"`, of the next query, int `(batch, 1)`;
        `"coverage"`, the weight that each key got so far, `(batch, [heads,] Tk)`; `"previous"`, the
        weights of the last query, the first key alone before there was one.
    """
    shape = (batch_size, *heads, keys)
    makers = {
        "position": lambda: ops.zeros((batch_size, 1), "int32"),
        "coverage": lambda: ops.zeros(shape, "float32"),
        "previous": lambda: ops.broadcast_to(ops.cast(ops.arange(keys) == 0, "float32"), shape),
    }
    return {name: makers[name]() for name in names}


def advance(state: dict, weights: Any) -> dict:
    """The state after queries that got these weights, `(batch, [heads,] Tq, Tk)`."""
    weights = ops.cast(weights, "float32")
    after = {
        "position": lambda position: position + ops.shape(weights)[-2],
        "coverage": lambda coverage: ops.cast(coverage, "float32") + ops.sum(weights, axis=-2),
        "previous": lambda _: weights[..., -1, :],
    }
    return {name: after[name](value) for name, value in state.items()}

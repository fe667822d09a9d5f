"""What a hidden layer makes of every pair, without keeping the layer for all of them."""

import math
from typing import Any

from keras import ops

KEPT = 2**24  # elements of the hidden layer up to which it is computed, and kept, at once
TILE = 2**18  # elements of the hidden layer of one tile, so that a processor's cache holds it


def energy(query: Any, key: Any, v: Any) -> Any:
    """`v . tanh(q + k)` of each query with every key.

    The hidden layer `tanh(q + k)` of all pairs is by a factor of its width larger than anything
    else in attention. Where it is large it is computed for a few queries at a time and once more
    for the gradient, so that memory grows with Tq * Tk alone.

    Args:
        query: `(..., Tq, units)`.
        key: `(..., Tk, units)`, the leading axes those of the query.
        v: `(units,)`.

    Returns:
        `(..., Tq, Tk)`.
    """
    static = (*query.shape[:-1], *key.shape[-2:])  # (..., Tq, Tk, units): the hidden layer
    if query.shape[-2] == 1 or (None not in static and math.prod(static) <= KEPT):
        return energy_at_once(query, key, v)
    if None not in static:
        return energy_in_tiles(query, key, v)
    sizes = (*ops.shape(query)[:-1], *ops.shape(key)[-2:])
    return ops.cond(
        math.prod(ops.cast(size, "float32") for size in sizes) <= KEPT,  # int32 would overflow
        lambda: energy_at_once(query, key, v),
        lambda: energy_in_tiles(query, key, v),
    )


def energy_at_once(query: Any, key: Any, v: Any) -> Any:
    """`energy`, the hidden layer kept for the gradient."""
    return ops.matmul(ops.tanh(query[..., :, None, :] + key[..., None, :, :]), v)


def energy_in_tiles(query: Any, key: Any, v: Any) -> Any:
    """`energy`, the hidden layer computed tile by tile, for the gradient again."""
    flat = [ops.reshape(x, (-1, *ops.shape(x)[-2:])) for x in (query, key)]
    return ops.reshape(_tiled(*flat, v), (*ops.shape(query)[:-1], ops.shape(key)[-2]))


@ops.custom_gradient
def _tiled(query: Any, key: Any, v: Any) -> tuple:
    """With `h = tanh(q_i + k_j)` and `g_ij` the gradient of the score:

    `dq_i = v sum_j g_ij (1 - h^2)`, `dk_j = v sum_i g_ij (1 - h^2)`, `dv = sum_ij g_ij h`.
    """

    def score(query: Any, key: Any) -> Any:
        return energy_at_once(query, key, v)

    def slopes(query: Any, key: Any, upstream: Any) -> tuple:
        hidden = ops.tanh(query[:, None] + key)
        slope = ops.matmul(upstream[:, None], 1 - hidden * hidden)[:, 0]
        return v * slope, ops.einsum("qk,qku->u", upstream, hidden)

    def gradient(*args: Any, upstream: Any = None) -> tuple:
        upstream = args[-1] if upstream is None else upstream
        d_query, d_v = _over_tiles(slopes, query, key, upstream)
        d_key, _ = _over_tiles(slopes, key, query, ops.swapaxes(upstream, 1, 2))
        return d_query, d_key, ops.cast(ops.sum(ops.cast(d_v, "float32"), (0, 1)), v.dtype)

    return _over_tiles(score, query, key)[0], gradient

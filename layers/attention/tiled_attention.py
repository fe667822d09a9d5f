"""Tiled attention: memory that grows linearly with the number of queries (Rabe & Staats 2021)."""

import math
from collections.abc import Callable, Sequence

import keras
from keras import ops

from ..functional.keras_compat import autocast_scope
from ..functional.query_tiles import map_query_tiles
from ..functional.tensor import Tensor
from ..functional.tiling import fits, take_rows

MAX_SIZE = 2**23  # weights of one example up to which all queries attend at once
TILE_SIZE = 2**21  # weights of a tile, of all examples
MIN_TILE_LENGTH = 64  # queries of a tile: smaller matrix products are slower


def attend_in_tiles(
    attend: Callable,
    query: Tensor,
    memory: dict[str, Tensor],
    prior: Tensor | None,
    sentinel: tuple[Tensor, Tensor] | None,
    variables: Sequence[keras.Variable],
    autocast_dtype: str | None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Attend from some queries at a time; the gradient computes their weights again.

    Args:
        attend: maps `(indices, query, memory, prior, sentinel)` of some queries to an output
            `(..., tile, value_dim)` and a dict of decisions, each `(..., tile)`.
        query: `(..., Tq, dim)`.
        memory: `"key"`, `(..., Tk, key_dim)`, and `"value"`, `(..., Tk, value_dim)`.
        prior: `(..., Tq or 1, Tk)`; or None.
        sentinel: as in `Attention.attend`.
        variables: those that `attend` reads.
        autocast_dtype: to which Keras casts the variables; None for no cast.

    Returns:
        Output and decisions of all queries.

    Reference:
        Rabe and Staats 2021, Self-attention Does Not Need O(n^2) Memory, sections 2 and 4; Dao et al.
        2022, FlashAttention, section 3.1 (the recomputation).
    """
    names: list[str] = []
    if prior is not None and prior.shape[-2] is None:
        prior = take_rows(prior, ops.arange(ops.shape(query)[-2], dtype="int32"), -2)
    one_prior = prior is not None and prior.shape[-2] == 1
    queries = [query, *(sentinel or ()), *([] if prior is None or one_prior else [prior])]
    with autocast_scope(None):
        values = [variable.value for variable in variables]
    shared = [memory["key"], memory["value"], *([prior] if one_prior else []), *values]

    def compute(indices: Tensor, queries: list[Tensor], shared: list[Tensor]) -> list[Tensor]:
        query, *queries = queries
        key, value, *shared = shared
        sentinel_tile = None if sentinel is None else (queries.pop(0), queries.pop(0))
        prior_tile = None if prior is None else (shared if one_prior else queries).pop(0)
        # The gradient runs after the call, outside of the scopes of Keras.
        with keras.StatelessScope(list(zip(variables, shared, strict=True))), autocast_scope(autocast_dtype):
            output, decisions = attend(
                indices, query, {"key": key, "value": value}, prior_tile, sentinel_tile
            )
        names[:] = decisions
        return [output, *decisions.values()]

    axis, tile_length = len(query.shape) - 2, _tile_length(query, memory["key"])
    output, *decisions = map_query_tiles(compute, queries, shared, axis, tile_length)
    return output, dict(zip(names, decisions, strict=True))


def fits_at_once(query: Tensor, key: Tensor) -> bool:
    """Return whether all queries attend at once: there is one, or the weights are few, as a graph knows."""
    return query.shape[-2] == 1 or fits(_weight_sizes(query, key), MAX_SIZE) is True


def _tile_length(query: Tensor, key: Tensor) -> int | Tensor:
    """Return the number of queries of a tile, all of them where they fit."""
    batch_size, length = ops.shape(query)[0], ops.shape(query)[-2]
    *heads, _, key_length = _weight_sizes(query, key)
    row_size = math.prod((batch_size, *heads, key_length))
    if all(isinstance(size, int) for size in (row_size, length)):
        return min(max(TILE_SIZE // max(row_size, 1), MIN_TILE_LENGTH), length)
    tile_length = ops.maximum(TILE_SIZE // ops.maximum(row_size, 1), MIN_TILE_LENGTH)
    at_once = fits(_weight_sizes(query, key), MAX_SIZE)
    return ops.where(at_once, length, ops.minimum(tile_length, length))


def _weight_sizes(query: Tensor, key: Tensor) -> tuple:
    """Return the sizes of the weights of one example, `([heads,] Tq, Tk)`, as `keras.ops.shape` does."""
    return (*ops.shape(query)[1:-1], ops.shape(key)[-2])

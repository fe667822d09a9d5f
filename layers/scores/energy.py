"""What a hidden layer makes of every pair, without keeping the layer for all of them."""

from collections.abc import Callable
from typing import Any

from keras import ops

from ..functional.tiling import is_large

MAX_HIDDEN_SIZE = 2**24  # elements of the hidden layer up to which it is computed, and kept, at once
TILE_SIZE = 2**18  # elements of the hidden layer of one tile, so that a processor's cache holds it


def energy(query: Any, key: Any, v: Any) -> Any:
    """`v . tanh(q + k)` of each query with every key.

    The hidden layer `tanh(q + k)` of all pairs is by a factor of its width larger than anything
    else in attention. Where it is large it is computed for a few queries at a time and once more
    for the gradient, so that memory grows with Tq * Tk alone.

    Args:
        query: `(..., Tq, units)`.
        key: `(..., Tk, units)`, the leading axes those of the query.
        v: `(units, 1)`.

    Returns:
        `(..., Tq, Tk)`.
    """
    v = ops.cast(v, query.dtype)
    sizes = (*query.shape[:-1], *key.shape[-2:])  # (..., Tq, Tk, units): the hidden layer
    if query.shape[-2] != 1 and is_large(sizes, MAX_HIDDEN_SIZE):
        return energy_in_tiles(query, key, v)
    return energy_at_once(query, key, v)


def energy_of_pairs(query: Any, key: Any, v: Any) -> Any:
    """`v . tanh(q + k)` of each query with the one key in its place, `(..., Tq)`."""
    return ops.matmul(ops.tanh(query + key), ops.cast(v, query.dtype))[..., 0]


def energy_at_once(query: Any, key: Any, v: Any) -> Any:
    """`energy`, the hidden layer kept for the gradient."""
    hidden = ops.tanh(query[..., :, None, :] + key[..., None, :, :])
    rows = ops.reshape(hidden, (-1, v.shape[0]))  # XLA cannot contract axes of unknown size
    return ops.reshape(ops.matmul(rows, v), ops.shape(hidden)[:-1])


def energy_in_tiles(query: Any, key: Any, v: Any) -> Any:
    """`energy`, the hidden layer computed tile by tile, for the gradient again."""
    rows, memories = (ops.reshape(x, (-1, *ops.shape(x)[-2:])) for x in (query, key))
    return ops.reshape(_tiled(rows, memories, v), (*ops.shape(query)[:-1], ops.shape(key)[-2]))


@ops.custom_gradient
def _tiled(query: Any, key: Any, v: Any) -> tuple:
    """`energy` of `(rows, T, units)`; with `h = tanh(q_i + k_j)` and `g_ij` the score's gradient

    `dq_i = v sum_j g_ij (1 - h^2)`, `dk_j = v sum_i g_ij (1 - h^2)`, `dv = sum_ij g_ij h`.
    """

    def gradient(*args: Any, upstream: Any = None) -> tuple:
        upstream = args[-1] if upstream is None else upstream
        d_query, d_v = _over_tiles(_sums(_slope, _itself), query, key, upstream)
        (d_key,) = _over_tiles(_sums(_slope), key, query, ops.swapaxes(upstream, 1, 2))
        d_v = ops.sum(ops.cast(d_v, "float32"), axis=(0, 1))
        return v[:, 0] * d_query, v[:, 0] * d_key, ops.cast(d_v[:, None], v.dtype)

    (scores,) = _over_tiles(lambda q, k: [energy_at_once(q, k, v)], query, key)
    return scores, gradient


def _sums(*functions: Callable) -> Callable:
    """Of each function `f` the sum over the keys of `upstream f(h)`, `(Tq, units)`."""

    def sums(query: Any, key: Any, upstream: Any) -> list:
        hidden = ops.tanh(query[:, :, None] + key[:, None])
        return [ops.matmul(upstream[:, :, None], function(hidden))[:, :, 0] for function in functions]

    return sums


def _slope(hidden: Any) -> Any:
    return 1 - hidden * hidden


def _itself(hidden: Any) -> Any:
    return hidden


def _over_tiles(compute: Callable, query: Any, key: Any, *others: Any) -> list:
    """Calls `compute(query, key, *others)` for some rows and some queries at a time.

    Args:
        compute: returns a list of tensors `(rows, Tq, ...)`.
        query, others: `(rows, Tq, ...)`.
        key: `(rows, Tk, units)`.

    Returns:
        What `compute` returns for all at once.
    """
    rows, queries, units = ops.shape(query)
    keys = ops.shape(key)[1]
    room = TILE_SIZE // (keys * units)  # how many queries one tile holds
    groups, size = _parts(_at_least_one(rows), room // queries)
    tiles, length = _parts(queries, room // size)

    def split(tensor: Any) -> Any:
        tensor = ops.pad(tensor, ((0, groups * size - rows), (0, tiles * length - queries), (0, 0)))
        tensor = ops.reshape(tensor, (groups, size, tiles, length, ops.shape(tensor)[2]))
        tensor = ops.swapaxes(tensor, 1, 2)
        return ops.reshape(tensor, (groups * tiles, size, length, ops.shape(tensor)[4]))

    def join(tensor: Any) -> Any:
        tensor = ops.reshape(tensor, (groups, tiles, size, length, ops.shape(tensor)[3]))
        tensor = ops.swapaxes(tensor, 1, 2)
        tensor = ops.reshape(tensor, (groups * size, tiles * length, ops.shape(tensor)[4]))
        return tensor[:rows, :queries]

    def one(inputs: list) -> list:
        group, query, *others = inputs
        return compute(query, ops.take(grouped, group, axis=0), *others)

    grouped = ops.pad(key, ((0, groups * size - rows), (0, 0), (0, 0)))
    grouped = ops.reshape(grouped, (groups, size, keys, units))
    group = ops.arange(groups * tiles, dtype="int32") // tiles
    return [join(x) for x in ops.map(one, [group, split(query), *(split(x) for x in others)])]


def _parts(total: Any, fitting: Any) -> tuple[Any, Any]:
    """How many equal parts of about as many as fit, at least one, and their size."""
    parts = (total - 1) // (fitting + 1) + 1
    return parts, -(-total // parts)


def _at_least_one(size: Any) -> Any:
    """A batch may be empty; a size is a tensor in graphs of TensorFlow alone."""
    return max(size, 1) if isinstance(size, int) else ops.maximum(size, 1)

"""Energy of additive attention, `v . tanh(q + k)`, computed in tiles for long sequences."""

from collections.abc import Callable

from keras import ops

from ..functional.precision import at_least_float32
from ..functional.tensor import Tensor
from ..functional.tiling import fits, map_tiles, map_vector

MAX_HIDDEN_SIZE = 2**24  # elements of the hidden layer up to which it is computed, and kept, at once
TILE_SIZE = 2**18  # elements of the hidden layer of one tile, so that a processor's cache holds it
TILE_SIZE_OF_UNKNOWN = 2**20  # the same without a gradient, where a graph does not know all sizes


def energy(query: Tensor, key: Tensor, v: Tensor) -> Tensor:
    """Compute `v . tanh(q + k)` of each query with every key.

    The hidden layer `tanh(q + k)` of all pairs is larger than any other tensor of attention, by a
    factor of its width. A large hidden layer is computed for a few queries at a time, and again for
    the gradient, so that memory grows with Tq * Tk alone.

    Args:
        query: `(..., Tq, units)`.
        key: `(..., Tk, units)`, with the leading axes of the query.
        v: `(units, 1)`.

    Returns:
        `(..., Tq, Tk)`.
    """
    v = ops.cast(v, query.dtype)
    if query.shape[-2] == 1 or fits(_hidden_sizes(query, key), MAX_HIDDEN_SIZE) is True:
        return energy_at_once(query, key, v)
    return energy_in_tiles(query, key, v)


def energy_of_pairs(query: Tensor, key: Tensor, v: Tensor) -> Tensor:
    """Compute `v . tanh(q + k)` of each query with the key at the same position, `(..., Tq)`."""
    return ops.matmul(ops.tanh(query + key), ops.cast(v, query.dtype))[..., 0]


def energy_at_once(query: Tensor, key: Tensor, v: Tensor) -> Tensor:
    """Compute `energy` with the whole hidden layer, which is kept for the gradient."""
    hidden = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
    rows = ops.reshape(hidden, (-1, v.shape[0]))  # XLA cannot contract axes of unknown size
    return ops.reshape(ops.matmul(rows, v), ops.shape(hidden)[:-1])


def energy_in_tiles(query: Tensor, key: Tensor, v: Tensor) -> Tensor:
    """Compute `energy` tile by tile; the gradient computes the hidden layer again."""
    rows, memories = (ops.reshape(x, (-1, *ops.shape(x)[-2:])) for x in (query, key))
    return ops.reshape(_tiled_energy(rows, memories, v), (*ops.shape(query)[:-1], ops.shape(key)[-2]))


@ops.custom_gradient
def _tiled_energy(query: Tensor, key: Tensor, v: Tensor) -> tuple:
    """Compute `energy` of `(rows, T, units)` and its gradient.

    With `h = tanh(q_i + k_j)` and `g_ij` the gradient of the score:
    `dq_i = v sum_j g_ij (1 - h^2)`, `dk_j = v sum_i g_ij (1 - h^2)`, `dv = sum_ij g_ij h`.
    """

    def gradient(*args: Tensor, upstream: Tensor | None = None) -> tuple:
        upstream = args[-1] if upstream is None else upstream
        sum_both, sum_slopes = _sum_over_keys(_tanh_slope, _identity), _sum_over_keys(_tanh_slope)
        d_query, d_v = map_tiles(sum_both, query, key, upstream, tile_size=TILE_SIZE)
        (d_key,) = map_tiles(sum_slopes, key, query, ops.swapaxes(upstream, 1, 2), tile_size=TILE_SIZE)
        d_v = ops.sum(at_least_float32(d_v), axis=(0, 1))
        return v[:, 0] * d_query, v[:, 0] * d_key, ops.cast(d_v[:, None], v.dtype)

    at_once = fits(_hidden_sizes(query, key), TILE_SIZE_OF_UNKNOWN)
    if isinstance(at_once, bool):
        (scores,) = map_tiles(lambda q, k: [energy_at_once(q, k, v)], query, key, tile_size=TILE_SIZE)
    else:
        scores = ops.cond(
            at_once,
            lambda: energy_at_once(query, key, v),
            lambda: _energy_in_tiles_of_pairs(query, key, v),
        )
    return scores, gradient


def _energy_in_tiles_of_pairs(query: Tensor, key: Tensor, v: Tensor) -> Tensor:
    """Compute `energy` of `(rows, T, units)` for a fixed number of pairs of query and key at a time.

    LiteRT converts these tiles; `map_tiles` is faster, but its tiles have the sizes of the inputs.
    """
    rows, queries, units = ops.shape(query)
    keys = ops.shape(key)[1]
    pairs = rows * queries * keys
    tile_size = max(TILE_SIZE_OF_UNKNOWN // units, 1)
    query, key = (ops.reshape(x, (-1, units)) for x in (query, key))

    def compute_tile(index: Tensor) -> Tensor:
        pair = ops.minimum(index * tile_size + ops.arange(tile_size, dtype="int32"), pairs - 1)
        row = pair // keys  # of all queries
        key_row = row // queries * keys + pair % keys
        return energy_of_pairs(ops.take(query, row, axis=0), ops.take(key, key_row, axis=0), v)

    return ops.reshape(map_vector(compute_tile, pairs, tile_size), (rows, queries, keys))


def _hidden_sizes(query: Tensor, key: Tensor) -> tuple:
    """Return the sizes of the hidden layer, `(..., Tq, Tk, units)`, as `keras.ops.shape` does."""
    return (*ops.shape(query)[:-1], *ops.shape(key)[-2:])


def _sum_over_keys(*functions: Callable) -> Callable:
    """Return a function that sums `upstream * f(h)` over the keys, `(Tq, units)`, for each `f`."""

    def compute(query: Tensor, key: Tensor, upstream: Tensor) -> list[Tensor]:
        hidden = ops.tanh(ops.expand_dims(query, 2) + ops.expand_dims(key, 1))
        return [
            ops.squeeze(ops.matmul(ops.expand_dims(upstream, 2), function(hidden)), 2)
            for function in functions
        ]

    return compute


def _tanh_slope(hidden: Tensor) -> Tensor:
    return 1 - hidden * hidden


def _identity(hidden: Tensor) -> Tensor:
    return hidden

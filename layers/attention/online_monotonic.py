"""Online algorithm of monotonic attention: keys are scored one at a time (Raffel et al. 2017)."""

from collections.abc import Callable

from keras import ops

from ..distributions import Monotonic, masked_softmax
from ..functional.precision import at_least_float32
from ..functional.tensor import Tensor
from ..scores import Score


def online_alignment(accepts: Callable, start: Tensor, queries: int | Tensor, keys: int | Tensor) -> Tensor:
    """Compute the key that each query selects, testing one key after the other.

    Each iteration moves to the next key or, where a query selects one, to the next query. An example
    takes at most Tq + Tk iterations.

    Args:
        accepts: `accepts(query, key)` returns whether each query selects its key; the
            arguments are indices, int `(batch,)`, the result is a boolean `(batch,)`.
        start: the first key of the first query, int `(batch,)`; Tk where there is none.
        queries: Tq.
        keys: Tk.

    Returns:
        The key that each query selects, int `(batch, Tq)`; -1 where it selects none.
    """
    examples = ops.arange(ops.shape(start)[0], dtype="int32")

    def is_active(query: Tensor, key: Tensor) -> Tensor:
        return ops.logical_and(query < queries, key < keys)

    def any_active(query: Tensor, key: Tensor, ends: Tensor) -> Tensor:
        return ops.any(is_active(query, key))

    def move(query: Tensor, key: Tensor, ends: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        accepted = accepts(ops.minimum(query, queries - 1), ops.minimum(key, keys - 1))
        accepted = ops.logical_and(accepted, is_active(query, key))
        passed = ops.logical_and(is_active(query, key), ops.logical_not(accepted))
        index = ops.stack([examples, query], axis=1)
        ends = ops.scatter_update(ends, index, ops.where(accepted, key, -1))
        return query + ops.cast(accepted, "int32"), key + ops.cast(passed, "int32"), ends

    ends = ops.full(
        (ops.shape(start)[0], queries + 1), -1, "int32"
    )  # finished examples write the last column
    return ops.while_loop(any_active, move, (ops.zeros_like(start), start, ends))[-1][:, :-1]


def hard_monotonic_alignment(
    score: Score,
    distribution: Monotonic,
    query: Tensor,
    key: Tensor,
    query_mask: Tensor,
    key_mask: Tensor,
    previous: Tensor,
) -> Tensor:
    """Compute the hard monotonic alignment of all queries at inference.

    Args:
        score: the score of query and key.
        distribution: provides the probability of selecting a key, 0 or 1.
        query: `(batch, Tq, dim)`.
        key: `(batch, Tk, key_dim)`, from `score.project_key`.
        query_mask: boolean `(batch, Tq)`; a masked query keeps the alignment of the query before.
        key_mask: boolean `(batch, Tk)`; a masked key is not selected.
        previous: one-hot alignment of the query before the first, `(batch, Tk)`.

    Returns:
        Keys, int `(batch, Tq)`; -1 after the last key.
    """

    def accepts(query_index: Tensor, key_index: Tensor) -> Tensor:
        i, j = query_index[:, None], key_index[:, None]
        scores = score.score_pairs(gather_rows(query, i), gather_rows(key, j))
        probabilities = distribution.selection_probabilities(ops.expand_dims(scores, -1))[..., 0]
        accepted = ops.logical_and(probabilities > 0, gather_rows(key_mask, j))
        return ops.logical_or(accepted, ops.logical_not(gather_rows(query_mask, i)))[:, 0]

    queries, keys = ops.shape(query)[1], ops.shape(key)[1]
    start = ops.where(ops.any(previous > 0, axis=-1), ops.argmax(previous, axis=-1), keys)
    return online_alignment(accepts, ops.cast(start, "int32"), queries, keys)


def chunk_weights(
    score: Score, size: int, query: Tensor, key: Tensor, key_mask: Tensor, ends: Tensor
) -> tuple[Tensor, Tensor]:
    """Compute the weights of the chunk that ends at the selected key (Chiu & Raffel 2018).

    Args:
        score, query, key, key_mask: as in `hard_monotonic_alignment`.
        size: number of keys of a chunk.
        ends: the last key of each chunk, int `(batch, Tq)`; -1 for none.

    Returns:
        Keys, int `(batch, Tq, size)`, negative before the first key; weights of that shape.
    """
    keys = ops.expand_dims(ends, -1) - ops.arange(size, dtype="int32")
    index = ops.maximum(keys, 0)
    mask = ops.logical_and(gather_rows(key_mask, index), keys >= 0)
    if size == 1:
        return keys, ops.cast(mask, query.dtype)
    flat = ops.reshape(index, (-1, ops.shape(ends)[1] * size))
    scores = score.score_pairs(ops.repeat(query, size, axis=1), gather_rows(key, flat))
    weights = masked_softmax(at_least_float32(ops.reshape(scores, ops.shape(keys))), mask)
    return keys, ops.cast(weights, query.dtype)


def gather_rows(tensor: Tensor, index: Tensor) -> Tensor:
    """Gather entries of the second axis for each example.

    Args:
        tensor: `(batch, T, ...)`.
        index: int `(batch, n)`, or with further axes.

    Returns:
        `(*index.shape, ...)`.
    """
    batch, length, *entry = ops.shape(tensor)
    first = ops.arange(batch, dtype="int32") * length
    first = ops.reshape(first, (-1, *(1 for _ in index.shape[1:])))
    return ops.take(ops.reshape(tensor, (-1, *entry)), first + index, axis=0)

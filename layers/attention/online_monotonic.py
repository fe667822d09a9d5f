"""A monotonic attention walks over its keys, and looks at one at a time."""

from collections.abc import Callable
from typing import Any

from keras import ops

from ..distributions import Monotonic, masked_softmax
from ..scores import Score


def online_alignment(accepts: Callable, start: Any, queries: Any, keys: Any) -> Any:
    """Where each query stops, found by asking about one key after the other.

    Every move goes to the next key or, where a query accepts one, to the next query. So an example
    takes at most Tq + Tk moves, whatever is accepted.

    Args:
        accepts: `accepts(query, key)` says for each example whether its query stops at its key; the
            arguments are indices, int `(batch,)`, what it returns is a boolean `(batch,)`.
        start: the key that the first query tries first, int `(batch,)`; Tk where all is passed.
        queries: Tq.
        keys: Tk.

    Returns:
        The key at which each query stops, int `(batch, Tq)`; -1 where it passes the last.
    """
    examples = ops.arange(ops.shape(start)[0], dtype="int32")

    def walking(query: Any, key: Any) -> Any:
        return ops.logical_and(query < queries, key < keys)

    def unfinished(query: Any, key: Any, ends: Any) -> Any:
        return ops.any(walking(query, key))

    def move(query: Any, key: Any, ends: Any) -> tuple[Any, Any, Any]:
        accepted = accepts(ops.minimum(query, queries - 1), ops.minimum(key, keys - 1))
        accepted = ops.logical_and(accepted, walking(query, key))
        passed = ops.logical_and(walking(query, key), ops.logical_not(accepted))
        here = ops.stack([examples, query], axis=1)
        ends = ops.scatter_update(ends, here, ops.where(accepted, key, -1))
        return query + ops.cast(accepted, "int32"), key + ops.cast(passed, "int32"), ends

    ends = ops.full((ops.shape(start)[0], queries + 1), -1, "int32")  # who is done writes into the last
    return ops.while_loop(unfinished, move, (ops.zeros_like(start), start, ends))[-1][:, :-1]


def hard_monotonic_alignment(
    score: Score, distribution: Monotonic, query: Any, key: Any, counts: Any, seen: Any, previous: Any
) -> Any:
    """Where a monotonic attention stands after each query at inference.

    Args:
        score: compares a query with a key.
        distribution: says from which score on a key is accepted.
        query: `(batch, Tq, dim)`.
        key: `(batch, Tk, key_dim)`, as `score.project` left it.
        counts: boolean `(batch, Tq)`; any other query stays where the walk stands.
        seen: boolean `(batch, Tk)`; any other key is passed.
        previous: where the walk stands before the first query, `(batch, Tk)`.

    Returns:
        Keys, int `(batch, Tq)`; -1 where the walk has passed the last.
    """

    def accepts(query_index: Any, key_index: Any) -> Any:
        i, j = query_index[:, None], key_index[:, None]
        scores = score.score_pairs(gather_rows(query, i), gather_rows(key, j))
        accepted = ops.logical_and(
            distribution.selection_probabilities(scores[..., None])[..., 0] > 0, gather_rows(seen, j)
        )
        return ops.logical_or(accepted, ops.logical_not(gather_rows(counts, i)))[:, 0]

    queries, keys = ops.shape(query)[1], ops.shape(key)[1]
    start = ops.where(ops.any(previous > 0, axis=-1), ops.argmax(previous, axis=-1), keys)
    return online_alignment(accepts, ops.cast(start, "int32"), queries, keys)


def chunk_weights(score: Score, size: int, query: Any, key: Any, seen: Any, ends: Any) -> tuple[Any, Any]:
    """The keys up to the one at which each query stopped, and how it spreads its weight over them.

    Args:
        score, query, key, seen: as `hard_monotonic_alignment` takes them.
        size: how many keys a chunk has.
        ends: the last key of each chunk, int `(batch, Tq)`; -1 for none.

    Returns:
        Keys, int `(batch, Tq, size)`, below 0 where there is none; weights of that shape.
    """
    keys = ends[..., None] - ops.arange(size, dtype="int32")
    index = ops.maximum(keys, 0)
    there = ops.logical_and(gather_rows(seen, index), keys >= 0)
    if size == 1:
        return keys, ops.cast(there, query.dtype)
    flat = ops.reshape(index, (-1, ops.shape(ends)[1] * size))
    scores = score.score_pairs(ops.repeat(query, size, axis=1), gather_rows(key, flat))
    weights = masked_softmax(ops.cast(ops.reshape(scores, ops.shape(keys)), "float32"), there)
    return keys, ops.cast(weights, query.dtype)


def gather_rows(tensor: Any, index: Any) -> Any:
    """Entries `(batch, n, ...)` of a tensor `(batch, T, ...)` at the indices `(batch, n)`.

    An index with further axes gives entries with those axes.
    """
    batch, length, *entry = ops.shape(tensor)
    first = ops.arange(batch, dtype="int32") * length
    first = ops.reshape(first, (-1, *(1 for _ in index.shape[1:])))
    return ops.take(ops.reshape(tensor, (-1, *entry)), first + index, axis=0)

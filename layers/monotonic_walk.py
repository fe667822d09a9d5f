"""The walk of a monotonic attention, one key at a time."""

from collections.abc import Callable
from typing import Any

from keras import ops


def walk(accepts: Callable, start: Any, queries: Any, keys: Any) -> Any:
    """Where each query stops, found by asking about one key after the other.

    Every move goes to the next key or, where a query accepts one, to the next query. So an example
    takes at most Tq + Tk moves, whatever it may choose.

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
        end = ops.where(accepted, key, -1)
        ends = ops.scatter_update(ends, ops.stack([examples, query], axis=1), end)
        passed = ops.logical_and(walking(query, key), ops.logical_not(accepted))
        return query + ops.cast(accepted, "int32"), key + ops.cast(passed, "int32"), ends

    ends = ops.full((ops.shape(start)[0], queries + 1), -1, "int32")  # who is done writes into the last
    return ops.while_loop(unfinished, move, (ops.zeros_like(start), start, ends))[-1][:, :-1]


def pick(tensor: Any, index: Any) -> Any:
    """Entries `(batch, n, ...)` of a tensor `(batch, T, ...)` at the indices `(batch, n)`.

    The index may have further axes, which those of an entry then follow.
    """
    batch, length, *entry = ops.shape(tensor)
    first = ops.arange(batch, dtype="int32") * length
    first = ops.reshape(first, (-1, *(1 for _ in index.shape[1:])))
    return ops.take(ops.reshape(tensor, (-1, *entry)), first + index, axis=0)

"""A sequence cut into blocks of queries, each with the keys around it."""

import dataclasses
from typing import Any

from keras import ops

_LEAST = 32  # queries of a block: smaller products do not pay


@dataclasses.dataclass(frozen=True)
class LocalBlocks:
    """Blocks of `size` queries, side by side in the batch, each with the `span` keys around it.

    `size` is `back + ahead` or more, so that two neighbouring stretches of `size` keys, from `back`
    before the first query on, hold all that a block may see: the work grows with the length of the
    sequence alone. What is cut out may lie before the first position or after the last: see `valid_pairs`.

    Attributes:
        batch: the batch size.
        queries: how many queries there are, `T`.
        keys: how many keys, `Tk`; those of a cache.
        back, ahead: how many positions a query sees before and after its own.
        start: position of the first query in a cache; None where queries and keys are one sequence.
    """

    batch: Any
    queries: Any
    keys: Any
    back: int
    ahead: int
    start: Any = None

    @property
    def size(self) -> int:
        reach = max(self.back + self.ahead, _LEAST)
        return self.queries if isinstance(self.queries, int) and self.queries <= reach else reach

    @property
    def count(self) -> Any:
        return -(-self.queries // self.size)

    @property
    def span(self) -> int:
        return self.back + self.size + self.ahead if self._alone else 2 * self.size

    @property
    def query_positions(self) -> Any:
        """int `(n, 1, size)`."""
        positions = self._first + ops.arange(self.count * self.size, dtype="int32")
        return ops.reshape(positions, (self.count, 1, self.size))

    @property
    def key_positions(self) -> Any:
        """int `(n, 1, 1, span)`."""
        starts = self._first - self.back + ops.arange(self.count, dtype="int32") * self.size
        return starts[:, None, None, None] + ops.arange(self.span, dtype="int32")

    @property
    def valid_pairs(self) -> Any:
        """Which pairs of query and key there are, boolean `(n, 1, size, span)`."""
        end = self._first + self.queries
        keys = ops.logical_and(self.key_positions >= 0, self.key_positions < end)
        return ops.logical_and(keys, self.query_positions[..., None] < end)

    def split_queries(self, heads: Any) -> Any:
        """`(batch, heads, T, dim)` to `(batch * n, heads, size, dim)`."""
        return self.fold_into_batch(ops.swapaxes(self._cut(heads, 2), 1, 2))

    def split_keys(self, heads: Any) -> Any:
        """`(batch, heads, Tk, dim)` to `(batch * n, heads, span, dim)`."""
        return self.fold_into_batch(ops.swapaxes(self._around(self._stretch(heads, 2), 2), 1, 2))

    def split_pairs(self, pairs: Any) -> Any:
        """`(batch, heads, T, Tk)` to `(batch, n, heads, size, span)`; axes of size 1 serve all."""
        if pairs.shape[3] == 1:
            return ops.swapaxes(self._cut(pairs, 2), 1, 2)
        pairs = self._stretch(pairs, 3)
        if pairs.shape[2] == 1:
            return ops.moveaxis(self._around(pairs, 3), 3, 1)
        pairs = ops.swapaxes(self._cut(pairs, 2), 2, 3)  # (batch, heads, size, n, stretch)
        batch, heads, size, count, stretch = ops.shape(pairs)
        pairs = ops.reshape(pairs, (batch, heads, size, count * stretch))
        pairs = _pad(pairs, 3, 0, count * self.size)  # so that each row begins a block further on
        pairs = ops.reshape(pairs, (batch, heads, size, count, stretch + self.size))
        return ops.moveaxis(pairs[..., : self.span], 3, 1)

    def fold_into_batch(self, blocks: Any) -> Any:
        """`(batch or 1, n, ...)` to `(batch * n, ...)`."""
        inner = ops.shape(blocks)[2:]
        blocks = ops.broadcast_to(blocks, (self.batch, self.count, *inner))
        return ops.reshape(blocks, (self.batch * self.count, *inner))

    def merge_queries(self, blocks: Any) -> Any:
        """`(batch * n, heads, size, ...)` to `(batch, heads, T, ...)`: undoes `split_queries`."""
        _, heads, size, *inner = ops.shape(blocks)
        blocks = ops.reshape(blocks, (self.batch, self.count, heads, size, *inner))
        blocks = ops.swapaxes(blocks, 1, 2)
        return ops.reshape(blocks, (self.batch, heads, self.count * size, *inner))[:, :, : self.queries]

    def to_dense(self, weights: Any) -> Any:
        """`(batch * n, heads, size, span)` to `(batch, heads, T, Tk)`, zero beyond the window."""
        _, heads, size, span = ops.shape(weights)
        weights = ops.reshape(weights, (self.batch, self.count, heads, size, span))
        weights = ops.moveaxis(weights, 1, 3)  # (batch, heads, size, n, span)
        stretch = self._length
        weights = _pad(weights, 4, 0, stretch + size - span)
        weights = ops.reshape(weights, (self.batch, heads, size, self.count * (stretch + size)))
        weights = weights[..., : self.count * stretch]  # so that each row begins a block further on
        weights = ops.reshape(weights, (self.batch, heads, size, self.count, stretch))
        weights = ops.swapaxes(weights, 2, 3)
        weights = ops.reshape(weights, (self.batch, heads, self.count * size, stretch))[:, :, : self.queries]
        column = ops.arange(self.keys, dtype="int32") - (self._first - self.back)
        near = ops.logical_and(column >= 0, column < stretch)
        return ops.take(weights, ops.clip(column, 0, stretch - 1), axis=3) * ops.cast(near, weights.dtype)

    @property
    def _alone(self) -> bool:
        return isinstance(self.queries, int) and self.queries == self.size

    @property
    def _first(self) -> Any:
        return 0 if self.start is None else self.start

    @property
    def _length(self) -> Any:
        """Of the stretch of keys that all blocks need together."""
        return (self.count - 1) * self.size + self.span

    def _stretch(self, tensor: Any, axis: int) -> Any:
        """What the blocks need of an axis of keys, from `back` before the first query on."""
        if self.start is None:
            return _pad(tensor, axis, self.back, self._length - self.back - self.keys)
        place = self.start - self.back + ops.arange(self._length, dtype="int32")
        return ops.take(tensor, ops.clip(place, 0, self.keys - 1), axis=axis)

    def _around(self, tensor: Any, axis: int) -> Any:
        """An axis of the stretch of keys to two, `(..., n, span, ...)`."""
        if self._alone:
            return ops.expand_dims(tensor, axis)
        tensor = _split(tensor, axis, (self.count + 1, self.size))
        before = (slice(None),) * axis
        return ops.concatenate(
            [tensor[(*before, slice(None, -1))], tensor[(*before, slice(1, None))]], axis=axis + 1
        )

    def _cut(self, tensor: Any, axis: int) -> Any:
        """An axis of queries to two, `(..., n, size, ...)`; an axis of size 1 serves them all."""
        if tensor.shape[axis] == 1:
            return ops.expand_dims(tensor, axis)
        tensor = _pad(tensor, axis, 0, self.count * self.size - self.queries)
        return _split(tensor, axis, (self.count, self.size))


def _pad(tensor: Any, axis: int, before: Any, after: Any) -> Any:
    """Zeros before and after an axis."""
    if isinstance(before, int) and isinstance(after, int) and before == after == 0:
        return tensor
    widths = [(0, 0)] * len(tensor.shape)
    widths[axis] = (before, after)
    return ops.pad(tensor, widths)


def _split(tensor: Any, axis: int, sizes: tuple) -> Any:
    """An axis into two."""
    shape = ops.shape(tensor)
    return ops.reshape(tensor, (*shape[:axis], *sizes, *shape[axis + 1 :]))

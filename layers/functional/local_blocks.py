"""Blocks of queries with their neighbouring keys, for sliding-window attention (Beltagy et al. 2020)."""

import dataclasses

from keras import ops

from .tensor import Tensor

_MIN_BLOCK_SIZE = 32  # queries of a block: smaller matrix products are slower


@dataclasses.dataclass(frozen=True)
class LocalBlocks:
    """Blocks of `block_size` queries, folded into the batch, each with `key_span` neighbouring keys.

    `block_size` is at least `back + ahead`. Two neighbouring stretches of `block_size` keys, from `back`
    before the first query on, then hold all visible keys of a block, and the work grows linearly with the
    length of the sequence. A block may contain positions outside the sequence: see `valid_pairs`.

    Attributes:
        batch_size: size of the batch.
        query_length: number of queries, `T`.
        key_length: number of keys, `Tk`; those of a cache.
        back, ahead: number of positions before and after its own that a query attends to.
        start: position of the first query in a cache; None where queries and keys are one sequence.
    """

    batch_size: int | Tensor
    query_length: int | Tensor
    key_length: int | Tensor
    back: int
    ahead: int
    start: int | Tensor | None = None

    @property
    def block_size(self) -> int:
        reach = max(self.back + self.ahead, _MIN_BLOCK_SIZE)
        if isinstance(self.query_length, int) and self.query_length <= reach:
            return self.query_length
        return reach

    @property
    def num_blocks(self) -> int | Tensor:
        return (self.query_length + self.block_size - 1) // self.block_size

    @property
    def key_span(self) -> int:
        return self.back + self.block_size + self.ahead if self._is_single else 2 * self.block_size

    @property
    def query_positions(self) -> Tensor:
        """Positions of the queries, int `(blocks, 1, block_size)`."""
        positions = self._first + ops.arange(self.num_blocks * self.block_size, dtype="int32")
        return ops.reshape(positions, (self.num_blocks, 1, self.block_size))

    @property
    def key_positions(self) -> Tensor:
        """Positions of the keys, int `(blocks, 1, 1, key_span)`."""
        starts = self._first - self.back + ops.arange(self.num_blocks, dtype="int32") * self.block_size
        return starts[:, None, None, None] + ops.arange(self.key_span, dtype="int32")

    @property
    def valid_pairs(self) -> Tensor:
        """Pairs of query and key inside the sequence, boolean `(blocks, 1, block_size, key_span)`."""
        end = self._first + self.query_length
        keys = ops.logical_and(self.key_positions >= 0, self.key_positions < end)
        return ops.logical_and(keys, ops.expand_dims(self.query_positions, -1) < end)

    def split_queries(self, heads: Tensor) -> Tensor:
        """Split `(batch, heads, T, dim)` into `(batch * blocks, heads, block_size, dim)`."""
        return self.fold_into_batch(ops.swapaxes(self._split_query_axis(heads, 2), 1, 2))

    def split_keys(self, heads: Tensor) -> Tensor:
        """Split `(batch, heads, Tk, dim)` into `(batch * blocks, heads, key_span, dim)`."""
        stretch = self._key_stretch(heads, 2)
        return self.fold_into_batch(ops.swapaxes(self._split_key_axis(stretch, 2), 1, 2))

    def split_pairs(self, pairs: Tensor) -> Tensor:
        """Split `(batch, heads, T, Tk)` into `(batch, blocks, heads, block_size, key_span)`.

        An axis of size 1 broadcasts.
        """
        if pairs.shape[3] == 1:
            return ops.swapaxes(self._split_query_axis(pairs, 2), 1, 2)
        pairs = self._key_stretch(pairs, 3)
        if pairs.shape[2] == 1:
            return ops.moveaxis(self._split_key_axis(pairs, 3), 3, 1)
        pairs = ops.swapaxes(self._split_query_axis(pairs, 2), 2, 3)  # (batch, heads, size, blocks, stretch)
        batch, heads, size, count, stretch = ops.shape(pairs)
        pairs = ops.reshape(pairs, (batch, heads, size, count * stretch))
        pairs = _pad(pairs, 3, 0, count * self.block_size)  # each row begins one block later than the last
        pairs = ops.reshape(pairs, (batch, heads, size, count, stretch + self.block_size))
        return ops.moveaxis(pairs[..., : self.key_span], 3, 1)

    def fold_into_batch(self, blocks: Tensor) -> Tensor:
        """Reshape `(batch or 1, blocks, ...)` to `(batch * blocks, ...)`."""
        inner = ops.shape(blocks)[2:]
        blocks = ops.broadcast_to(blocks, (self.batch_size, self.num_blocks, *inner))
        return ops.reshape(blocks, (self.batch_size * self.num_blocks, *inner))

    def merge_queries(self, blocks: Tensor) -> Tensor:
        """Invert `split_queries`: `(batch * blocks, heads, block_size, ...)` to `(batch, heads, T, ...)`."""
        _, heads, size, *inner = ops.shape(blocks)
        blocks = ops.reshape(blocks, (self.batch_size, self.num_blocks, heads, size, *inner))
        blocks = ops.swapaxes(blocks, 1, 2)
        merged = ops.reshape(blocks, (self.batch_size, heads, self.num_blocks * size, *inner))
        return merged[:, :, : self.query_length]

    def to_dense(self, weights: Tensor) -> Tensor:
        """Scatter weights of blocks to all pairs of query and key.

        Args:
            weights: `(batch * blocks, heads, block_size, key_span)`.

        Returns:
            `(batch, heads, T, Tk)`, zero outside the window.
        """
        _, heads, size, span = ops.shape(weights)
        batch, count = self.batch_size, self.num_blocks
        weights = ops.reshape(weights, (batch, count, heads, size, span))
        weights = ops.moveaxis(weights, 1, 3)  # (batch, heads, size, blocks, span)
        stretch = self._stretch_length
        weights = _pad(weights, 4, 0, stretch + size - span)
        weights = ops.reshape(weights, (batch, heads, size, count * (stretch + size)))
        weights = weights[..., : count * stretch]  # each row begins one block later than the last
        weights = ops.reshape(weights, (batch, heads, size, count, stretch))
        weights = ops.swapaxes(weights, 2, 3)
        weights = ops.reshape(weights, (batch, heads, count * size, stretch))[:, :, : self.query_length]
        column = ops.arange(self.key_length, dtype="int32") - (self._first - self.back)
        near = ops.logical_and(column >= 0, column < stretch)
        return ops.take(weights, ops.clip(column, 0, stretch - 1), axis=3) * ops.cast(near, weights.dtype)

    @property
    def _is_single(self) -> bool:
        return isinstance(self.query_length, int) and self.query_length == self.block_size

    @property
    def _first(self) -> int | Tensor:
        return 0 if self.start is None else self.start

    @property
    def _stretch_length(self) -> int | Tensor:
        """Length of the stretch of keys of all blocks."""
        return (self.num_blocks - 1) * self.block_size + self.key_span

    def _key_stretch(self, tensor: Tensor, axis: int) -> Tensor:
        """Select the keys of all blocks, from `back` before the first query on."""
        if self.start is None:
            after = self._stretch_length - self.back - self.key_length
            return _pad(tensor, axis, self.back, after)
        index = self.start - self.back + ops.arange(self._stretch_length, dtype="int32")
        return ops.take(tensor, ops.clip(index, 0, self.key_length - 1), axis=axis)

    def _split_key_axis(self, tensor: Tensor, axis: int) -> Tensor:
        """Split the stretch of keys into overlapping blocks, `(..., blocks, key_span, ...)`."""
        if self._is_single:
            return ops.expand_dims(tensor, axis)
        tensor = _split_axis(tensor, axis, (self.num_blocks + 1, self.block_size))
        before = (slice(None),) * axis
        return ops.concatenate(
            [tensor[(*before, slice(None, -1))], tensor[(*before, slice(1, None))]], axis=axis + 1
        )

    def _split_query_axis(self, tensor: Tensor, axis: int) -> Tensor:
        """Split the queries into blocks, `(..., blocks, block_size, ...)`; an axis of size 1 broadcasts."""
        if tensor.shape[axis] == 1:
            return ops.expand_dims(tensor, axis)
        tensor = _pad(tensor, axis, 0, self.num_blocks * self.block_size - self.query_length)
        return _split_axis(tensor, axis, (self.num_blocks, self.block_size))


def _pad(tensor: Tensor, axis: int, before: int | Tensor, after: int | Tensor) -> Tensor:
    """Pad an axis with zeros."""
    if isinstance(before, int) and isinstance(after, int) and before == after == 0:
        return tensor
    padding = [(0, 0)] * len(tensor.shape)
    padding[axis] = (before, after)
    return ops.pad(tensor, padding)


def _split_axis(tensor: Tensor, axis: int, sizes: tuple) -> Tensor:
    """Reshape one axis into two."""
    shape = ops.shape(tensor)
    return ops.reshape(tensor, (*shape[:axis], *sizes, *shape[axis + 1 :]))

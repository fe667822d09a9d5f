"""Tiled computation: a function mapped over parts of a tensor, so that a cache holds each part."""

import dataclasses
import math
from collections.abc import Callable

from keras import ops

from .tensor import Tensor


def fits(sizes: tuple, max_size: int) -> bool | Tensor:
    """Decide whether a tensor of these sizes has at most `max_size` elements.

    Args:
        sizes: as `keras.ops.shape` returns them: an int for each axis, a scalar tensor where a graph
            does not know the size, or a symbol of JAX, which stands for any size and always fits.
        max_size: number of elements.

    Returns:
        A bool, or a boolean tensor if a size is a tensor.
    """
    if any(ops.is_tensor(size) for size in sizes):
        return math.prod(ops.cast(size, "float32") for size in sizes) <= max_size
    return not all(isinstance(size, int) for size in sizes) or math.prod(sizes) <= max_size


def take_rows(tensor: Tensor, indices: Tensor, axis: int) -> Tensor:
    """Take some rows of an axis; those of an axis of size 1, which broadcasts, are its one row.

    Args:
        tensor: a tensor of any shape.
        indices: int `(n,)`.
        axis: that of the rows.
    """
    return ops.take(tensor, ops.minimum(indices, ops.shape(tensor)[axis] - 1), axis=axis)


def map_vector(compute: Callable, size: int | Tensor, tile_size: int) -> Tensor:
    """Compute a vector tile by tile.

    The size of a tile is known even where that of the vector is not: LiteRT has no other lists.

    Args:
        compute: maps the index of a tile to the tile, `(tile_size,)`. The last tile ends with numbers
            that are not used.
        size: of the vector, at least 1.
        tile_size: number of elements of a tile.

    Returns:
        The vector, `(size,)`.
    """
    tiles = ops.map(compute, ops.arange((size - 1) // tile_size + 1, dtype="int32"))
    return ops.reshape(tiles, (-1,))[:size]


def map_rows(compute: Callable, inputs: Tensor, tile_size: int) -> Tensor:
    """Apply a function of rows to as many rows at a time as a tile holds.

    Args:
        compute: maps `(..., keys)` to a tensor of the same shape, each row on its own.
        inputs: `(..., keys)`.
        tile_size: number of elements of a tile, or of a row if that is longer.

    Returns:
        `compute(inputs)`, `(..., keys)`.
    """
    *leading, keys = sizes = ops.shape(inputs)
    rows = math.prod(leading)
    at_once = fits(sizes, tile_size)
    row_size = keys
    if isinstance(keys, int):
        tile_size = max(tile_size, keys)
    elif ops.is_tensor(keys):
        at_once = ops.logical_or(at_once, keys > tile_size)
        row_size = ops.minimum(keys, tile_size)  # XLA compiles the tiles even if they do not run

    def compute_tiles() -> Tensor:
        tiles = (_at_least_one(rows) - 1) // (tile_size // row_size) + 1
        tile_rows = (_at_least_one(rows) - 1) // tiles + 1
        padded = ops.pad(ops.reshape(inputs, (rows, keys)), ((0, tiles * tile_rows - rows), (0, 0)))

        def compute_tile(index: Tensor) -> Tensor:
            tile = ops.slice(padded, (index * tile_rows, 0), (tile_rows, row_size))
            outputs = ops.reshape(compute(tile), (-1,))
            return ops.reshape(ops.pad(outputs, ((0, tile_size - tile_rows * row_size),)), (tile_size,))

        outputs = ops.map(compute_tile, ops.arange(tiles, dtype="int32"))[:, : tile_rows * row_size]
        outputs = ops.reshape(outputs, (tiles * tile_rows, row_size))[:rows]
        return ops.reshape(ops.pad(outputs, ((0, 0), (0, keys - row_size))), tuple(sizes))

    if isinstance(at_once, bool):
        return compute(inputs) if at_once else compute_tiles()
    return ops.cond(at_once, lambda: compute(inputs), compute_tiles)


def map_tiles(
    compute: Callable, query: Tensor, key: Tensor, *tensors: Tensor, tile_size: int
) -> list[Tensor]:
    """Apply a function of queries and keys to some rows and some queries at a time.

    Args:
        compute: maps `(query, key, *tensors)` to a list of tensors `(rows, Tq, ...)`.
        query: `(rows, Tq, units)`.
        key: `(rows, Tk, units)`.
        *tensors: further tensors `(rows, Tq, ...)`, split as the queries are.
        tile_size: number of elements of `(rows, Tq, Tk, units)` that a tile holds.

    Returns:
        `compute(query, key, *tensors)`.
    """
    rows, queries, units = ops.shape(query)
    grid = _TileGrid.fit(rows, queries, max_pairs=tile_size // (ops.shape(key)[1] * units))
    groups = grid.group_rows(key)

    def compute_tile(inputs: list[Tensor]) -> list[Tensor]:
        group, query, *tensors = inputs
        return compute(query, ops.take(groups, group, axis=0), *tensors)

    group = ops.arange(grid.groups * grid.tiles, dtype="int32") // grid.tiles
    outputs = ops.map(compute_tile, [group, grid.split(query), *(grid.split(x) for x in tensors)])
    return [grid.merge(output) for output in outputs]


@dataclasses.dataclass(frozen=True)
class _TileGrid:
    """Grid of tiles over `(rows, Tq)`, padded to tiles of equal size.

    Attributes:
        rows, queries: the sizes that are split.
        groups: number of groups of rows.
        group_size: rows of a group.
        tiles: number of tiles of one group.
        tile_length: queries of a tile.
    """

    rows: int | Tensor
    queries: int | Tensor
    groups: int | Tensor
    group_size: int | Tensor
    tiles: int | Tensor
    tile_length: int | Tensor

    @classmethod
    def fit(cls, rows: int | Tensor, queries: int | Tensor, max_pairs: int | Tensor) -> "_TileGrid":
        """Return the grid whose tiles have about `max_pairs` pairs of row and query, at least one."""
        groups, group_size = _split_evenly(_at_least_one(rows), max_pairs // queries)
        tiles, tile_length = _split_evenly(queries, max_pairs // group_size)
        return cls(rows, queries, groups, group_size, tiles, tile_length)

    def split(self, tensor: Tensor) -> Tensor:
        """`(rows, Tq, n)` to `(groups * tiles, group_size, tile_length, n)`."""
        tensor = ops.pad(tensor, (self._row_padding, self._query_padding, (0, 0)))
        sizes = (self.groups, self.group_size, self.tiles, self.tile_length, ops.shape(tensor)[2])
        tensor = ops.swapaxes(ops.reshape(tensor, sizes), 1, 2)
        return ops.reshape(
            tensor, (self.groups * self.tiles, self.group_size, self.tile_length, ops.shape(tensor)[4])
        )

    def merge(self, tensor: Tensor) -> Tensor:
        """`(groups * tiles, group_size, tile_length, n)` to `(rows, Tq, n)`."""
        sizes = (self.groups, self.tiles, self.group_size, self.tile_length, ops.shape(tensor)[3])
        tensor = ops.swapaxes(ops.reshape(tensor, sizes), 1, 2)
        tensor = ops.reshape(
            tensor, (self.groups * self.group_size, self.tiles * self.tile_length, ops.shape(tensor)[4])
        )
        return tensor[: self.rows, : self.queries]

    def group_rows(self, tensor: Tensor) -> Tensor:
        """`(rows, T, n)` to `(groups, group_size, T, n)`."""
        tensor = ops.pad(tensor, (self._row_padding, (0, 0), (0, 0)))
        return ops.reshape(tensor, (self.groups, self.group_size, *ops.shape(tensor)[1:]))

    @property
    def _row_padding(self) -> tuple:
        return (0, self.groups * self.group_size - self.rows)

    @property
    def _query_padding(self) -> tuple:
        return (0, self.tiles * self.tile_length - self.queries)


def _split_evenly(total: int | Tensor, max_size: int | Tensor) -> tuple[int | Tensor, int | Tensor]:
    """Return the number and the size of equal parts of about `max_size`, at least one part."""
    parts = (total - 1) // (max_size + 1) + 1
    return parts, (total + parts - 1) // parts


def _at_least_one(size: int | Tensor) -> int | Tensor:
    """Return the size, or 1 for an empty batch; graphs of TensorFlow have a tensor as size."""
    return max(size, 1) if isinstance(size, int) else ops.maximum(size, 1)

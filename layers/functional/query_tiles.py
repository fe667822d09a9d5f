"""Functions of queries in tiles whose gradient computes each tile again (Chen et al. 2016), on TensorFlow."""

from collections.abc import Callable, Sequence

from keras import ops

from .precision import at_least_float32
from .tensor import Tensor


def map_query_tiles(
    compute: Callable,
    queries: Sequence[Tensor],
    shared: Sequence[Tensor],
    axis: int,
    tile_length: int | Tensor,
) -> list[Tensor]:
    """Apply a function of queries to some queries at a time, and keep only inputs and outputs.

    The gradient of a tile is that of its function, computed again (gradient checkpointing). Keras has no
    gradients, so it takes those of TensorFlow.

    Args:
        compute: maps `(indices, queries, shared)` to a list of tensors `(..., tile, ...)`: `indices`, int
            `(tile,)`, are those of the queries. It reads no other tensor that has a gradient, and no
            variable. The last query fills up the last tile.
        queries: tensors `(..., Tq, ...)`, of which a tile has some queries.
        shared: tensors of which a tile has all elements.
        axis: that of the queries, in `queries` and outputs.
        tile_length: number of queries of a tile.

    Returns:
        `compute` of all queries.

    Reference:
        Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost.
    """
    count, length = len(queries), ops.shape(queries[0])[axis]
    tiles = (length + tile_length - 1) // tile_length

    def take(tensors: Sequence[Tensor], indices: Tensor) -> list[Tensor]:
        return [ops.take(x, indices, axis=axis) for x in tensors]

    def tile_indices(tile: Tensor) -> Tensor:
        return tile * tile_length + ops.arange(tile_length, dtype="int32")

    def merge(stacked: Tensor) -> Tensor:
        """`(tiles, ..., tile, ...)` to `(..., Tq, ...)`."""
        moved = ops.moveaxis(stacked, 0, axis)
        sizes = ops.shape(moved)
        merged = ops.reshape(moved, (*sizes[:axis], tiles * tile_length, *sizes[axis + 2 :]))
        return merged[(slice(None),) * axis + (slice(length),)]

    @ops.custom_gradient
    def run(*inputs: Tensor) -> tuple[list[Tensor], Callable]:
        constants = [ops.stop_gradient(x) for x in inputs]  # the tape of a caller keeps no tile

        def compute_tile(tile: Tensor) -> list[Tensor]:
            indices = ops.minimum(tile_indices(tile), length - 1)
            return compute(indices, take(constants[:count], indices), constants[count:])

        def gradient(*upstreams: Tensor) -> list[Tensor]:
            import tensorflow as tf

            padding = tiles * tile_length - length
            upstreams = [_pad(x, axis, padding) for x in upstreams]

            def step(tile: Tensor, arrays: list, totals: list[Tensor]) -> tuple:
                indices = ops.minimum(tile_indices(tile), length - 1)
                tensors = [*take(inputs[:count], indices), *map(tf.identity, inputs[count:])]
                with tf.GradientTape() as tape:
                    tape.watch(tensors)
                    outputs = compute(indices, tensors[:count], tensors[count:])
                gradients = tape.gradient(
                    outputs, tensors, take(upstreams, tile_indices(tile)), unconnected_gradients="zero"
                )
                gradients = [tf.convert_to_tensor(x) for x in gradients]  # that of `take` is sparse
                arrays = [array.write(tile, x) for array, x in zip(arrays, gradients[:count], strict=True)]
                parts = zip(totals, gradients[count:], strict=True)
                return tile + 1, arrays, [total + ops.cast(x, total.dtype) for total, x in parts]

            arrays = [tf.TensorArray(x.dtype, tiles) for x in inputs[:count]]
            totals = [ops.zeros_like(at_least_float32(x)) for x in inputs[count:]]
            _, arrays, totals = tf.while_loop(
                lambda tile, *_: tile < tiles, step, (0, arrays, totals), maximum_iterations=tiles
            )
            of_shared = [ops.cast(x, tensor.dtype) for x, tensor in zip(totals, inputs[count:], strict=True)]
            return [*(merge(array.stack()) for array in arrays), *of_shared]

        outputs = ops.map(compute_tile, ops.arange(tiles, dtype="int32"))
        return [merge(x) for x in outputs], gradient

    return run(*queries, *shared)


def _pad(tensor: Tensor, axis: int, after: int | Tensor) -> Tensor:
    padding = [(0, 0)] * len(tensor.shape)
    padding[axis] = (0, after)
    return ops.pad(tensor, padding)

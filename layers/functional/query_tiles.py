"""Functions of queries in tiles whose gradient computes each tile again (Chen et al. 2016), on TensorFlow."""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

from .precision import at_least_float32
from .tensor import Tensor
from .tiling import take_rows


def map_query_tiles(
    compute: Callable,
    queries: Sequence[Tensor],
    shared: Sequence[Tensor],
    axis: int,
    tile_length: int | Tensor,
) -> list[Tensor]:
    """Apply a function of queries to some queries at a time, and keep only inputs and outputs.

    The gradient of a tile is that of its function, computed again (gradient checkpointing). Keras has no
    gradients, so it takes those of TensorFlow. The loops concatenate: LiteRT has no lists of tensors of
    unknown size, and ONNX no updates of slices.

    Args:
        compute: maps `(indices, queries, shared)` to a list of tensors `(..., tile, ...)`; `indices`, int
            `(tile,)`, are those of the queries. It reads no other tensor that has a gradient, and no
            variable.
        queries: tensors `(..., Tq, ...)`, of which a tile has some queries.
        shared: tensors of which a tile has all elements.
        axis: that of the queries, in `queries` and outputs.
        tile_length: number of queries of a tile, at most Tq.

    Returns:
        `compute` of all queries.

    Reference:
        Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost.
    """
    count, length = len(queries), ops.shape(queries[0])[axis]
    tiles = (length + tile_length - 1) // tile_length

    def is_unfinished(tile: Tensor, *_: Tensor) -> Tensor:
        return tile < tiles

    def tile_indices(tile: int | Tensor) -> Tensor:
        return tile * tile_length + ops.arange(tile_length, dtype="int32")

    def take(tensors: Sequence[Tensor], indices: Tensor) -> list[Tensor]:
        return [take_rows(x, indices, axis) for x in tensors]  # the last one fills up the last tile

    def append(buffers: Sequence[Tensor], parts: Sequence[Tensor]) -> list[Tensor]:
        kept = (slice(None),) * axis + (slice(tile_length, None),)
        pairs = zip(buffers, parts, strict=True)
        return [ops.concatenate([buffer[kept], part], axis=axis) for buffer, part in pairs]

    def cut(buffers: Sequence[Tensor]) -> list[Tensor]:
        return [buffer[(slice(None),) * axis + (slice(length),)] for buffer in buffers]

    @ops.custom_gradient
    def run(*inputs: Tensor) -> Any:
        constants = [ops.stop_gradient(x) for x in inputs]  # the tape of a caller keeps no tile

        def compute_tile(tile: int | Tensor) -> list[Tensor]:
            indices = ops.minimum(tile_indices(tile), length - 1)
            return compute(indices, take(constants[:count], indices), constants[count:])

        def gradient(*upstreams: Tensor) -> list[Tensor]:
            def step(tile: Tensor, *totals: Tensor) -> tuple:
                indices = tile_indices(tile)
                gradients = _tile_gradients(
                    lambda x: compute(ops.minimum(indices, length - 1), x[:count], x[count:]),
                    [*take(inputs[:count], indices), *inputs[count:]],
                    [_mask_rows(x, indices < length, axis) for x in take(upstreams, indices)],
                )
                pairs = zip(totals[count:], gradients[count:], strict=True)
                sums = [total + ops.cast(x, total.dtype) for total, x in pairs]
                return tile + 1, *append(totals[:count], gradients[:count]), *sums

            buffers = [_zeros(x, tiles * tile_length, axis) for x in inputs[:count]]
            sums = [ops.zeros_like(at_least_float32(x)) for x in inputs[count:]]
            _, *totals = ops.while_loop(is_unfinished, step, (0, *buffers, *sums), maximum_iterations=tiles)
            sums = zip(totals[count:], inputs[count:], strict=True)
            return [*cut(totals[:count]), *(ops.cast(total, x.dtype) for total, x in sums)]

        def step(tile: Tensor, *outputs: Tensor) -> tuple:
            return tile + 1, *append(outputs, compute_tile(tile))

        first = compute_tile(0)
        buffers = append([_zeros(x, tiles * tile_length, axis) for x in first], first)
        _, *outputs = ops.while_loop(is_unfinished, step, (1, *buffers), maximum_iterations=tiles)
        return cut(outputs), gradient

    return run(*queries, *shared)


def _tile_gradients(compute: Callable, inputs: Sequence[Tensor], upstreams: Sequence[Tensor]) -> list[Tensor]:
    """Return the gradients of `compute(inputs)`, a list of tensors, by the inputs."""
    import tensorflow as tf

    inputs = [tf.identity(x) for x in inputs]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = compute(inputs)
    zero = tf.UnconnectedGradients.ZERO
    gradients = tape.gradient(outputs, inputs, list(upstreams), unconnected_gradients=zero)
    return [tf.convert_to_tensor(x) for x in gradients]  # that of a table is sparse


def _zeros(like: Tensor, length: int | Tensor, axis: int) -> Tensor:
    """Return zeros of the shape of a tensor, but for the length of an axis."""
    sizes = list(ops.shape(like))
    sizes[axis] = length
    return ops.zeros(sizes, like.dtype)


def _mask_rows(tensor: Tensor, mask: Tensor, axis: int) -> Tensor:
    """Set the rows of an axis to zero where a vector is False."""
    mask = ops.reshape(mask, [-1 if i == axis else 1 for i in range(len(tensor.shape))])
    return ops.where(mask, tensor, ops.zeros((), tensor.dtype))

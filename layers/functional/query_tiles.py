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
    gradients, so it takes those of TensorFlow. The loops hold no lists of tensors: LiteRT has none whose
    tensors are of unknown size.

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

    def first_index(tile: int | Tensor) -> int | Tensor:
        """The first query of a tile; the last tile ends with the last query and overlaps with another."""
        return ops.minimum(tile * tile_length, length - tile_length)

    def take(tensors: Sequence[Tensor], start: Tensor) -> list[Tensor]:
        return [_take(x, start, tile_length, axis) for x in tensors]

    def put(tensors: Sequence[Tensor], parts: Sequence[Tensor], start: Tensor) -> list[Tensor]:
        return [_put(x, part, start, axis) for x, part in zip(tensors, parts, strict=True)]

    @ops.custom_gradient
    def run(*inputs: Tensor) -> tuple[list[Tensor], Callable]:
        constants = [ops.stop_gradient(x) for x in inputs]  # the tape of a caller keeps no tile

        def compute_tile(tile: int | Tensor) -> list[Tensor]:
            start = first_index(tile)
            indices = start + ops.arange(tile_length, dtype="int32")
            return compute(indices, take(constants[:count], start), constants[count:])

        def update(tile: Tensor, *outputs: Tensor) -> tuple:
            return tile + 1, *put(outputs, compute_tile(tile), first_index(tile))

        def gradient(*upstreams: Tensor) -> list[Tensor]:
            def add(tile: Tensor, *totals: Tensor) -> tuple:
                start = first_index(tile)
                indices = start + ops.arange(tile_length, dtype="int32")
                is_new = indices >= tile * tile_length
                parts = _tile_gradients(
                    lambda tensors: compute(indices, tensors[:count], tensors[count:]),
                    [*take(inputs[:count], start), *inputs[count:]],
                    [ops.where(_along(is_new, x, axis), x, ops.zeros((), x.dtype)) for x in take(upstreams, start)],
                )
                parts = [ops.cast(part, total.dtype) for part, total in zip(parts, totals, strict=True)]
                sums = zip(take(totals[:count], start), parts[:count], strict=True)
                of_queries = put(totals[:count], [a + b for a, b in sums], start)
                of_shared = [a + b for a, b in zip(totals[count:], parts[count:], strict=True)]
                return tile + 1, *of_queries, *of_shared

            totals = [ops.zeros_like(at_least_float32(x)) for x in inputs]
            _, *totals = ops.while_loop(
                lambda tile, *_: tile < tiles, add, (0, *totals), maximum_iterations=tiles
            )
            return [ops.cast(total, x.dtype) for total, x in zip(totals, inputs, strict=True)]

        first = compute_tile(0)
        outputs = put([_zeros(x, length, axis) for x in first], first, 0)
        _, *outputs = ops.while_loop(
            lambda tile, *_: tile < tiles, update, (1, *outputs), maximum_iterations=tiles
        )
        return outputs, gradient

    return run(*queries, *shared)


def _tile_gradients(
    compute: Callable, inputs: Sequence[Tensor], upstreams: Sequence[Tensor]
) -> list[Tensor]:
    """Return the gradients of `compute(inputs)`, a list of tensors, by the inputs."""
    import tensorflow as tf

    inputs = [tf.identity(x) for x in inputs]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = compute(inputs)
    gradients = tape.gradient(outputs, inputs, upstreams, unconnected_gradients="zero")
    return [tf.convert_to_tensor(x) for x in gradients]  # that of a table is sparse


def _take(tensor: Tensor, start: int | Tensor, size: int | Tensor, axis: int) -> Tensor:
    sizes = list(ops.shape(tensor))
    sizes[axis] = size
    return ops.slice(tensor, _start_indices(tensor, start, axis), sizes)


def _put(tensor: Tensor, part: Tensor, start: int | Tensor, axis: int) -> Tensor:
    return ops.slice_update(tensor, _start_indices(tensor, start, axis), part)


def _start_indices(tensor: Tensor, start: int | Tensor, axis: int) -> list:
    return [start if i == axis else 0 for i in range(len(tensor.shape))]


def _zeros(like: Tensor, length: int | Tensor, axis: int) -> Tensor:
    """Return zeros of the shape of a tensor, but for the length of an axis."""
    sizes = list(ops.shape(like))
    sizes[axis] = length
    return ops.zeros(sizes, like.dtype)


def _along(vector: Tensor, tensor: Tensor, axis: int) -> Tensor:
    """Reshape a vector along an axis so that it broadcasts to a tensor."""
    return ops.reshape(vector, [-1 if i == axis else 1 for i in range(len(tensor.shape))])

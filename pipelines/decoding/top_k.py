"""Top-k selection from long rows, by maxima of blocks."""

import tensorflow as tf

BLOCK_SIZE = 64


def top_k(values: tf.Tensor, k: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Find the `k` largest elements of each row, from the maxima of blocks.

    The `k` largest elements lie in the `k` blocks with the largest maxima. The maximum of a block is a
    vector operation, a selection among all elements is not.

    Args:
        values: `(batch, rows, size)` of finite numbers; the size may be unknown in a graph.
        k: at most `size`.

    Returns:
        The elements, the largest first, and their indices, each `(batch, rows, k)`; among equal elements the
        first ones, as `tf.math.top_k`.

    Example:
        >>> values, indices = top_k(tf.constant([[[1.0, 5.0, 3.0]]]), k=2)
        >>> values.numpy().tolist(), indices.numpy().tolist()
        ([[[5.0, 3.0]]], [[[1, 2]]])
    """
    size = values.shape[-1]
    if size is not None and size <= k * BLOCK_SIZE:
        return tf.math.top_k(values, k)
    size = tf.shape(values)[-1]
    num_blocks = tf.maximum(-(-size // BLOCK_SIZE), k)
    padding = num_blocks * BLOCK_SIZE - size
    values = tf.pad(values, [[0, 0], [0, 0], [0, padding]], constant_values=values.dtype.min)
    blocks = tf.reshape(values, [*tf.unstack(tf.shape(values)[:2]), num_blocks, BLOCK_SIZE])
    _, best = tf.math.top_k(tf.reduce_max(blocks, axis=-1), k)
    best = tf.sort(best, axis=-1)  # so that the first of equal elements is chosen
    candidates = tf.gather(blocks, best, batch_dims=2)
    candidates = tf.reshape(candidates, [*tf.unstack(tf.shape(best)[:2]), k * BLOCK_SIZE])
    largest, indices = tf.math.top_k(candidates, k)
    first = tf.gather(best, indices // BLOCK_SIZE, batch_dims=2) * BLOCK_SIZE
    return largest, first + indices % BLOCK_SIZE

"""Sizes of powers of two, which bound the number of shapes that XLA compiles."""

import math

import tensorflow as tf

from .steps import Decoded


def next_power_of_two(size: tf.Tensor, minimum: int = 1) -> tf.Tensor:
    """Return the smallest power of two that is at least `size` and `minimum`.

    Example:
        >>> int(next_power_of_two(tf.constant(5))), int(next_power_of_two(tf.constant(5), minimum=8))
        (8, 8)
    """
    exponent = tf.math.ceil(tf.math.log(tf.cast(tf.maximum(size, minimum), tf.float64)) / math.log(2))
    return tf.cast(tf.round(2.0**exponent), tf.int32)


def pad_to(x: tf.Tensor, *sizes: int | tf.Tensor) -> tf.Tensor:
    """Pad the first axes of a tensor to these sizes, with zeros at their ends.

    Example:
        >>> pad_to(tf.ones([2, 3]), 4).shape
        TensorShape([4, 3])
    """
    for axis, size in enumerate(sizes):
        x = pad_axis(x, axis, size)
    return x


def pad_axis(x: tf.Tensor, axis: int, size: int | tf.Tensor) -> tf.Tensor:
    """Pad one axis of a tensor to a size, with zeros at its end."""
    paddings = [[0, 0]] * x.shape.rank
    paddings[axis] = [0, size - tf.shape(x)[axis]]
    return tf.pad(x, paddings)


def crop_decoded(
    decoded: Decoded, batch_size: tf.Tensor, max_length: int | tf.Tensor, source_length: int | tf.Tensor
) -> Decoded:
    """Remove what was padded from the result of a search.

    Args:
        decoded: result of a search over padded examples.
        batch_size: number of examples.
        max_length: maximal number of tokens of an example.
        source_length: number of source positions.
    """
    focus = {name: x[:batch_size, :, :max_length] for name, x in decoded.focus.items()}
    for name in {"attention", "attention_heads"} & focus.keys():
        focus[name] = focus[name][..., :source_length]
    return Decoded(decoded.tokens[:batch_size, :, :max_length], decoded.scores[:batch_size], focus)

"""Interface of an image format, and the canvas of transparent pixels and of animation frames."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

NO_EXIF = 0

# Functions of one file are traced once for all signatures; autograph would double the time of it.
traced_once = tf.function(input_signature=[tf.TensorSpec([], tf.string)], autograph=False)


class ImageFormat(NamedTuple):
    """Functions of one encoded image, a scalar string; a malformed one is an error.

    name: name of the format.
    matches: whether a file begins as the format does, bool; also of a batch.
    size: height and width that the header states, `(2,)` int64. Nothing is decoded.
    decode: pixels `(height, width, 3)`, uint8, as they are stored, with transparent ones blended with white;
        and the offset of the EXIF data in the file, int64, `NO_EXIF` where there are none.
    """

    name: str
    matches: Callable[[tf.Tensor], tf.Tensor]
    size: Callable[[tf.Tensor], tf.Tensor]
    decode: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def blend_with_white(pixels: tf.Tensor) -> tf.Tensor:
    """Blend pixels `(..., 4)`, colours and alpha, uint8, with white; returns `(..., 3)`, uint8."""
    pixels = tf.cast(pixels, tf.float32)
    opacity = pixels[..., 3:] / 255
    return tf.cast(tf.round(pixels[..., :3] * opacity + 255 * (1 - opacity)), tf.uint8)


def paste_on_white(pixels: tf.Tensor, offset: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """Paste pixels `(height, width, 3)` on a white canvas of a size, at an offset from its top left."""
    after = size - offset - tf.shape(pixels, tf.int64)[:2]
    paddings = tf.pad(tf.stack([offset, after], axis=1), [[0, 1], [0, 0]])
    return tf.pad(pixels, paddings, constant_values=tf.constant(255, tf.uint8))

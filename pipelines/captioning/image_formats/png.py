"""PNG files; of an animated one, the default image."""

import tensorflow as tf

from .byte_fields import Chunk, chunk_name, find_chunks, pad_file, read_fields
from .image_format import ImageFormat, blend_with_white, traced_once

SIGNATURE = b"\x89PNG\r\n\x1a\n"
WIDTH, COLOUR_TYPE = 16, 25  # offsets in the header
HAS_ALPHA = 4  # bit of the colour type
TRANSPARENCY, EXIF = chunk_name(b"tRNS"), chunk_name(b"eXIf")


def _matches(encoded: tf.Tensor) -> tf.Tensor:
    return tf.strings.substr(encoded, 0, len(SIGNATURE)) == SIGNATURE


def _size(encoded: tf.Tensor) -> tf.Tensor:
    return read_fields(pad_file(encoded), WIDTH, 2, tf.int32)[::-1]


@traced_once
def _decode(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    padded = pad_file(encoded)

    def parse(offset: tf.Tensor) -> Chunk:
        length, name = tf.unstack(read_fields(padded, offset, 2, tf.int32))
        data = offset + 8
        return name, data, data + length + 4

    transparency, exif = tf.unstack(find_chunks(padded, len(SIGNATURE), parse, [TRANSPARENCY, EXIF]))
    colour_type = read_fields(padded, COLOUR_TYPE, 1)[0]
    # TensorFlow invents a wrong alpha channel where the file has none.
    pixels = tf.cond(
        (colour_type & HAS_ALPHA > 0) | (transparency > 0),
        lambda: blend_with_white(tf.io.decode_png(encoded, channels=4)),
        lambda: tf.io.decode_png(encoded, channels=3),
    )
    return pixels, exif


PNG = ImageFormat("PNG", _matches, _size, _decode)

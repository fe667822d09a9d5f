"""JPEG files."""

import tensorflow as tf

from .byte_fields import Chunk, find_chunks, pad_file, read_fields
from .image_format import ImageFormat, traced_once

SIGNATURE = b"\xff\xd8\xff"
FILL, START_OF_SCAN, APPLICATION_1 = 0xFFFF, 0xFFDA, 0xFFE1  # markers
EXIF = [0x4578, 0x6966, 0]  # the letters at the start of the segment, and two zeros
EXIF_BYTES = 6


def _matches(encoded: tf.Tensor) -> tf.Tensor:
    return tf.strings.substr(encoded, 0, len(SIGNATURE)) == SIGNATURE


def _size(encoded: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.io.extract_jpeg_shape(encoded)[:2], tf.int64)


@traced_once
def _decode(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    pixels = tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE")
    padded = pad_file(encoded)

    def parse(offset: tf.Tensor) -> Chunk:
        fields = read_fields(padded, offset, 5, tf.uint16)  # marker, bytes of the segment, its start
        marker = fields[0]
        is_exif = (marker == APPLICATION_1) & tf.reduce_all(fields[2:] == EXIF)
        is_segment = (marker > 0xFF00) & (marker != START_OF_SCAN)
        following = tf.where(is_segment, offset + 2 + fields[1], 0)
        following = tf.where(marker == FILL, offset + 1, following)
        return tf.cast(is_exif, tf.int64), offset + 4 + EXIF_BYTES, following

    return pixels, find_chunks(padded, len(SIGNATURE) - 1, parse, [1])[0]


JPEG = ImageFormat("JPEG", _matches, _size, _decode)

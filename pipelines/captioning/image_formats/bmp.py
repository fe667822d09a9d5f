"""BMP files: uncompressed, of 1, 4, 8, 24 or 32 bits per pixel."""

import tensorflow as tf

from .byte_fields import pad_file, read_fields
from .image_format import NO_EXIF, ImageFormat, blend_with_white, traced_once

SIGNATURE = b"BM"
PIXELS, HEADER, WIDTH, BITS, COMPRESSION, COLOURS, MASKS = 10, 14, 18, 28, 30, 46, 54  # offsets
MIN_HEADER_BYTES, HEADER_BYTES_WITH_ALPHA = 40, 56
RGB, BIT_FIELDS = 0, 3  # values of the compression
BGR_MASKS = [0xFF0000, 0xFF00, 0xFF]  # of red, green and blue, in the order that files without masks have


def _matches(encoded: tf.Tensor) -> tf.Tensor:
    return tf.strings.substr(encoded, 0, len(SIGNATURE)) == SIGNATURE


def _size(encoded: tf.Tensor) -> tf.Tensor:
    width, height = tf.unstack(_read_int32(pad_file(encoded), WIDTH, 2))
    return tf.stack([tf.abs(height), width])  # a negative height: the first row is at the top


@traced_once
def _decode(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    padded = pad_file(encoded)
    start, header, width, height = tf.unstack(_read_int32(padded, PIXELS, 4))
    bits = read_fields(padded, BITS, 1, tf.uint16, little_endian=True)[0]
    compression, num_colours = (_read_int32(padded, offset, 1)[0] for offset in (COMPRESSION, COLOURS))
    masks = _read_int32(padded, MASKS, 4)
    has_masks = (compression == BIT_FIELDS) & (bits == 32) & tf.reduce_all(masks[:3] == BGR_MASKS)
    is_supported = (compression == RGB) & tf.reduce_any(bits == [1, 4, 8, 24, 32]) | has_masks
    is_supported &= header >= MIN_HEADER_BYTES
    row_bytes = (bits * width + 31) // 32 * 4
    num_rows = tf.abs(height)
    with tf.control_dependencies([tf.debugging.Assert(is_supported, ["a kind of BMP that is not read"])]):
        octets = tf.io.decode_raw(encoded, tf.uint8)
    rows = tf.reshape(octets[start : start + num_rows * row_bytes], [num_rows, row_bytes])
    rows = tf.cond(height < 0, lambda: rows, lambda: rows[::-1])

    def from_palette() -> tf.Tensor:
        count = tf.where(num_colours == 0, tf.bitwise.left_shift(tf.ones_like(bits), bits), num_colours)
        palette = tf.reshape(octets[HEADER + header :][: 4 * count], [-1, 4])
        shifts = tf.range(8 - bits, -1, -bits)  # the first pixel is in the most significant bits
        indices = tf.bitwise.right_shift(tf.cast(rows, tf.int64)[..., None], shifts)
        indices %= tf.bitwise.left_shift(tf.ones_like(bits), bits)
        colours = tf.gather(palette, tf.reshape(indices, [num_rows, -1])[:, :width])
        return colours[..., 2::-1]

    def from_channels() -> tf.Tensor:
        channels = tf.reshape(rows[:, : width * bits // 8], [num_rows, width, bits // 8])
        has_alpha = has_masks & (header >= HEADER_BYTES_WITH_ALPHA) & (masks[3] != 0)
        return tf.cond(
            has_alpha,
            lambda: blend_with_white(tf.gather(channels, [2, 1, 0, 3], axis=-1)),
            lambda: channels[..., 2::-1],
        )

    return tf.cond(bits <= 8, from_palette, from_channels), tf.constant(NO_EXIF, tf.int64)


def _read_int32(padded: tf.Tensor, offset: int, count: int) -> tf.Tensor:
    return read_fields(padded, offset, count, tf.int32, little_endian=True)


BMP = ImageFormat("BMP", _matches, _size, _decode)

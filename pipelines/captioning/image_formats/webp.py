"""WebP files: the image, or the first frame of an animation."""

import tensorflow as tf

from .byte_fields import Chunk, chunk_name, find_chunks, pad_file, read_fields
from .image_format import ImageFormat, blend_with_white, paste_on_white, traced_once

HEADER_BYTES = 12  # RIFF, size, WEBP
FIRST_DATA = HEADER_BYTES + 8
LOSSY, LOSSLESS, EXTENDED = (chunk_name(name) for name in (b"VP8 ", b"VP8L", b"VP8X"))
ANIMATION, EXIF, EXIF_PREFIX = (chunk_name(name) for name in (b"ANMF", b"EXIF", b"Exif"))
FRAME_BYTES = 16  # position, size and duration at the start of an animation frame
HAS_ALPHA, IS_ANIMATED = 16, 2  # flags of the extended header


def _matches(encoded: tf.Tensor) -> tf.Tensor:
    return tf.strings.regex_full_match(tf.strings.substr(encoded, 0, HEADER_BYTES), r"(?s)RIFF\C{4}WEBP")


def _size(encoded: tf.Tensor) -> tf.Tensor:
    padded = pad_file(encoded)
    name = read_fields(padded, HEADER_BYTES, 1, tf.int32)[0]

    def lossless_size() -> tf.Tensor:
        bits = read_fields(padded, FIRST_DATA + 1, 4)  # 14 bits of width - 1, then 14 bits of height - 1
        packed = tf.reduce_sum(bits * [1, 1 << 8, 1 << 16, 1 << 24])
        return tf.stack([packed // 2**14 % 2**14, packed % 2**14]) + 1

    def lossy_size() -> tf.Tensor:
        return read_fields(padded, FIRST_DATA + 6, 2, tf.uint16, little_endian=True)[::-1] % 2**14

    extended_size = (name == EXTENDED, lambda: _read_24_bits(padded, FIRST_DATA + 4) + 1)
    return tf.case([extended_size, (name == LOSSLESS, lossless_size)], lossy_size)


@traced_once
def _decode(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    padded = pad_file(encoded)

    def parse(offset: tf.Tensor) -> Chunk:
        data, name = offset + 8, read_fields(padded, offset, 1, tf.int32)[0]
        length = read_fields(padded, offset + 4, 1, tf.int32, little_endian=True)[0]
        return name, data, data + length + length % 2

    names = [ANIMATION, EXIF]
    frame, exif = tf.unstack(
        tf.cond(
            read_fields(padded, HEADER_BYTES, 1, tf.int32)[0] == EXTENDED,
            lambda: find_chunks(padded, HEADER_BYTES, parse, names),
            lambda: tf.zeros([len(names)], tf.int64),
        )
    )
    pixels = tf.cond(frame > 0, lambda: _decode_frame(encoded, padded, frame), lambda: _decode_image(encoded))
    has_prefix = read_fields(padded, exif, 1, tf.int32)[0] == EXIF_PREFIX
    return pixels, tf.where(has_prefix, exif + 6, exif)


def _decode_frame(encoded: tf.Tensor, padded: tf.Tensor, frame: tf.Tensor) -> tf.Tensor:
    """Decode an animation frame as an image of its own, and paste it on the canvas."""
    num_bytes = read_fields(padded, frame - 4, 1, tf.int32, little_endian=True)[0] - FRAME_BYTES
    size_bytes = tf.strings.substr(encoded, frame + 6, 6)
    header = tf.strings.join([b"VP8X\x0a\0\0\0", bytes([HAS_ALPHA, 0, 0, 0]), size_bytes])
    image = tf.strings.join([b"WEBP", header, tf.strings.substr(encoded, frame + FRAME_BYTES, num_bytes)])
    image = tf.strings.join([b"RIFF", _to_bytes(tf.strings.length(image)), image])
    offset = 2 * _read_24_bits(padded, frame)
    return paste_on_white(_decode_image(image), offset, _size(encoded))


def _decode_image(encoded: tf.Tensor) -> tf.Tensor:
    pixels = tf.io.decode_webp(encoded, channels=0)[0]  # with an alpha channel where the file has one
    return tf.cond(tf.shape(pixels)[2] == 4, lambda: blend_with_white(pixels), lambda: pixels[..., :3])


def _read_24_bits(padded: tf.Tensor, offset: tf.Tensor | int) -> tf.Tensor:
    """Read two integers of 3 bytes, x and y, and return `[y, x]`."""
    octets = tf.reshape(read_fields(padded, offset, 6), [2, 3])
    return tf.reduce_sum(octets * [1, 1 << 8, 1 << 16], axis=1)[::-1]


def _to_bytes(number: tf.Tensor) -> tf.Tensor:
    """Convert an integer to its 4 bytes, the least significant first."""
    every_byte = tf.constant([bytes([value]) for value in range(256)])
    octets = tf.bitwise.right_shift(number, tf.range(0, 32, 8)) % 256
    return tf.strings.reduce_join(tf.gather(every_byte, octets))


WEBP = ImageFormat("WebP", _matches, _size, _decode)

"""GIF files: the first frame."""

import tensorflow as tf

from .byte_fields import file_size, pad_file, read_fields
from .image_format import NO_EXIF, ImageFormat, blend_with_white, paste_on_white, traced_once

SIGNATURE_BYTES = 6
SCREEN_BYTES = 13  # signature and logical screen
FRAME_BYTES = 10  # descriptor of a frame
EXTENSION, FRAME = 0x21, 0x2C
TRAILER = b";"
NO_OFFSET, WHITE_PALETTE = b"\0" * 4, b"\xff" * 3 * 256
MAX_BLOCKS = 200_000  # of at most 255 bytes; a frame of more is not decoded


def _matches(encoded: tf.Tensor) -> tf.Tensor:
    return tf.strings.regex_full_match(tf.strings.substr(encoded, 0, SIGNATURE_BYTES), "GIF8[79]a")


def _size(encoded: tf.Tensor) -> tf.Tensor:
    """The size of the logical screen, or of the first frame where that is larger."""
    padded = pad_file(encoded)
    return _canvas_size(padded, _find_frame(padded))


@traced_once
def _decode(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Decode the first frame; the bytes of all later ones are left out.

    TensorFlow decodes transparent pixels to black, and ignores the position of the frame. So the frame is
    decoded again with a white palette, where black is transparent.
    """
    padded = pad_file(encoded)
    frame = _find_frame(padded)
    palette_bytes = _palette_bytes(padded, SCREEN_BYTES - 3)
    local_palette = frame + FRAME_BYTES
    local_palette_bytes = _palette_bytes(padded, frame + FRAME_BYTES - 1)
    data = local_palette + local_palette_bytes
    end = _skip_blocks(padded, data + 1)
    is_complete = (end <= file_size(padded)) & (read_fields(padded, frame, 1)[0] == FRAME)
    with tf.control_dependencies([tf.debugging.Assert(is_complete, ["an incomplete first frame"])]):
        encoded = tf.identity(encoded)

    def between(start: tf.Tensor | int, end: tf.Tensor | int) -> tf.Tensor:
        start = tf.convert_to_tensor(start, tf.int64)
        return tf.strings.substr(encoded, start, end - start)

    def decode(palette: tf.Tensor, local_palette: tf.Tensor) -> tf.Tensor:
        header, extensions = between(0, SCREEN_BYTES), between(SCREEN_BYTES + palette_bytes, frame)
        descriptor = between(frame, frame + 1) + NO_OFFSET + between(frame + 5, frame + FRAME_BYTES)
        parts = [header, palette, extensions, descriptor, local_palette, between(data, end), TRAILER]
        return tf.io.decode_gif(tf.strings.join(parts))[0]

    palettes = between(SCREEN_BYTES, SCREEN_BYTES + palette_bytes), between(local_palette, data)
    white = [
        tf.strings.substr(WHITE_PALETTE, tf.zeros_like(num_bytes), num_bytes)
        for num_bytes in (palette_bytes, local_palette_bytes)
    ]
    pixels = blend_with_white(tf.concat([decode(*palettes), decode(*white)[..., :1]], axis=-1))
    offset, _ = _frame_position(padded, frame)
    return paste_on_white(pixels, offset, _canvas_size(padded, frame)), tf.constant(NO_EXIF, tf.int64)


def _find_frame(padded: tf.Tensor) -> tf.Tensor:
    """Return the offset of the descriptor of the first frame, after all extensions."""
    return tf.while_loop(
        lambda offset: read_fields(padded, offset, 1)[0] == EXTENSION,
        lambda offset: (_skip_blocks(padded, offset + 2),),
        (SCREEN_BYTES + _palette_bytes(padded, SCREEN_BYTES - 3),),
        maximum_iterations=MAX_BLOCKS,
    )[0]


def _canvas_size(padded: tf.Tensor, frame: tf.Tensor) -> tf.Tensor:
    offset, size = _frame_position(padded, frame)
    return tf.maximum(
        read_fields(padded, SIGNATURE_BYTES, 2, tf.uint16, little_endian=True)[::-1], offset + size
    )


def _frame_position(padded: tf.Tensor, frame: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return top and left, and height and width, of a frame."""
    fields = read_fields(padded, frame + 1, 4, tf.uint16, little_endian=True)
    return fields[1::-1], fields[:1:-1]


def _palette_bytes(padded: tf.Tensor, flags_offset: tf.Tensor | int) -> tf.Tensor:
    flags = read_fields(padded, flags_offset, 1)[0]
    return tf.where(flags >= 128, 3 * 2 ** (flags % 8 + 1), 0)


def _skip_blocks(padded: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
    """Return the offset after a sequence of blocks, which ends with an empty one; past the end if none."""
    block_bytes = read_fields(padded, offset, 1)[0]
    offset, block_bytes = tf.while_loop(
        lambda offset, block_bytes: block_bytes > 0,
        lambda offset, block_bytes: (
            offset + 1 + block_bytes,
            read_fields(padded, offset + 1 + block_bytes, 1)[0],
        ),
        (offset, block_bytes),
        maximum_iterations=MAX_BLOCKS,
    )
    return tf.where(block_bytes > 0, file_size(padded), offset) + 1


GIF = ImageFormat("GIF", _matches, _size, _decode)

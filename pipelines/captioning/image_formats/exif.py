"""Orientation in EXIF data (EXIF 2.32, tag 0x0112), a TIFF directory."""

import tensorflow as tf

MAX_EXIF_BYTES = 65_536
ENTRY_WORDS, VALUE = 6, 4  # words of two bytes: tag, type, number (2), value (2)
ORIENTATION_TAG = 0x0112
UPRIGHT = 1


def read_orientation(encoded: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
    """Read the orientation in the first directory of EXIF data.

    Args:
        encoded: a file, a scalar string.
        start: offset of the byte order mark of the EXIF data, int64; 0 without EXIF data.

    Returns:
        1 to 8, int32; 1 without a valid orientation. The first row and the first column of the stored pixels
        are top and left (1), top and right (2), bottom and right (3), bottom and left (4), left and top (5),
        right and top (6), right and bottom (7), or left and bottom (8) of the image.
    """
    return tf.cond(start > 0, lambda: _read_directory(encoded, start), lambda: tf.constant(UPRIGHT))


def is_transposed(orientation: tf.Tensor) -> tf.Tensor:
    """Return whether the stored rows are columns of the upright image."""
    return orientation >= 5


def apply_orientation(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Flip and transpose an image `(height, width, channels)` as its EXIF orientation says."""

    def orient() -> tf.Tensor:
        transposed = tf.cond(
            is_transposed(orientation), lambda: tf.transpose(image, [1, 0, 2]), lambda: image
        )
        return reverse(reverse(transposed, 0, [3, 4, 7, 8]), 1, [2, 3, 6, 7])

    def reverse(image: tf.Tensor, axis: int, orientations: list[int]) -> tf.Tensor:
        is_reversed = tf.reduce_any(orientation == orientations)
        return tf.cond(is_reversed, lambda: tf.reverse(image, [axis]), lambda: image)

    return tf.cond(orientation == UPRIGHT, lambda: image, orient)


def _read_directory(encoded: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
    num_bytes = tf.cast(tf.strings.length(encoded), tf.int64) - start
    data = tf.strings.substr(encoded, start, tf.minimum(num_bytes, MAX_EXIF_BYTES) // 2 * 2)
    byte_order = tf.strings.substr(data, 0, 2)
    is_little_endian = byte_order == b"II"
    words = tf.where(
        is_little_endian,
        tf.io.decode_raw(data, tf.uint16, little_endian=True),
        tf.io.decode_raw(data, tf.uint16, little_endian=False),
    )
    words = tf.pad(tf.cast(words, tf.int32), [[0, ENTRY_WORDS]])
    directory = tf.where(is_little_endian, words[2], words[3]) // 2  # it begins at an even byte below 65,536
    entries = words[directory + 1 :][: ENTRY_WORDS * tf.reduce_sum(words[directory : directory + 1])]
    entries = tf.reshape(entries[: tf.size(entries) // ENTRY_WORDS * ENTRY_WORDS], [-1, ENTRY_WORDS])
    values = tf.boolean_mask(entries[:, VALUE], entries[:, 0] == ORIENTATION_TAG)
    orientation = tf.reduce_sum(values[:1])
    is_valid = (orientation >= 1) & (orientation <= 8) & (is_little_endian | (byte_order == b"MM"))
    return tf.where(is_valid, orientation, UPRIGHT)

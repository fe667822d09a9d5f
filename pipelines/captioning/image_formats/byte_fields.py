"""Integers and chunks in the bytes of a file."""

from collections.abc import Callable, Sequence

import tensorflow as tf

MAX_CHUNKS = 100_000  # a file of more is not searched to its end
PADDING = b"\0" * 64

Chunk = tuple[tf.Tensor, tf.Tensor, tf.Tensor]  # name, offset of the data, offset of the next chunk


def pad_file(encoded: tf.Tensor) -> tf.Tensor:
    """Append zeros to a file, for `read_fields` and `find_chunks`."""
    return tf.strings.join([encoded, PADDING])


def file_size(padded: tf.Tensor) -> tf.Tensor:
    """Return the bytes of a file without its padding, int64."""
    return tf.cast(tf.strings.length(padded), tf.int64) - len(PADDING)


def read_fields(
    padded: tf.Tensor,
    offset: tf.Tensor | int,
    count: int,
    dtype: tf.DType = tf.uint8,
    little_endian: bool = False,
) -> tf.Tensor:
    """Read consecutive integers of a file.

    Args:
        padded: a file, see `pad_file`.
        offset: index of the first byte; bytes past the end of the file are 0.
        count: number of integers, of at most 64 bytes together.
        dtype: their type in the file, at most 4 bytes.
        little_endian: whether the last byte of an integer is the most significant one.

    Returns:
        `(count,)` int64.

    Example:
        >>> padded = pad_file(tf.constant(b"\\x01\\x02\\x03"))
        >>> read_fields(padded, 0, 2, tf.uint16).numpy().tolist()
        [258, 768]
    """
    offset = tf.minimum(tf.convert_to_tensor(offset, tf.int64), file_size(padded))
    field = tf.strings.substr(padded, offset, tf.constant(count * dtype.size, tf.int64))
    return tf.cast(tf.ensure_shape(tf.io.decode_raw(field, dtype, little_endian), [count]), tf.int64)


def chunk_name(name: bytes) -> int:
    """Return the big-endian integer of the four letters of a name."""
    return int.from_bytes(name, "big")


def find_chunks(
    padded: tf.Tensor, start: int, parse: Callable[[tf.Tensor], Chunk], names: Sequence[int]
) -> tf.Tensor:
    """Find the first chunk of each name in a sequence of chunks.

    Args:
        padded: a file, see `pad_file`.
        start: offset of the first chunk.
        parse: function of the offset of a chunk, int64. Where the next offset is not larger, the search ends.
        names: names to find.

    Returns:
        The offsets of their data, `(names,)` int64; 0 for a name that does not occur.
    """
    wanted = tf.constant(names, tf.int64)
    end = file_size(padded)

    def is_unfinished(offset: tf.Tensor, offsets: tf.Tensor) -> tf.Tensor:
        return (offset < end) & tf.reduce_any(offsets == 0)

    def step(offset: tf.Tensor, offsets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        name, data, following = parse(offset)
        offsets = tf.where((name == wanted) & (offsets == 0), data, offsets)
        return tf.where(following > offset, following, end), offsets

    initial = (tf.constant(start, tf.int64), tf.zeros_like(wanted))
    return tf.while_loop(is_unfinished, step, initial, maximum_iterations=MAX_CHUNKS)[1]

"""Alignment of the bytes of two versions of texts, by parts that are equal in both or not."""

from typing import NamedTuple

import tensorflow as tf

from .ragged import row_of_values

REPLACEMENT = "\ufffd"


class ByteAlignment(NamedTuple):
    """Bytes of texts as given, and of their normal forms.

    Both versions of a text consist of the same number of parts, some of them empty. The first part, the third
    and so on are equal in both.

    given: `(texts, parts)` int32, the bytes of each part as given.
    normalized: `(texts, parts)` int32, the bytes of each part in the normal form.
    """

    given: tf.RaggedTensor
    normalized: tf.RaggedTensor

    def to_given(self, rows: tf.Tensor, starts: tf.Tensor, ends: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Convert byte offsets in the normal form to byte offsets in the text as given.

        A span contains the whole of a changed part in which it starts or ends. What was removed before or
        after it does not belong to it. An empty span stays empty.

        Args:
            rows: index of the text of each span; its shape broadcasts to that of `starts`.
            starts: int32, of any shape.
            ends: int32, of the same shape.

        Example:
            >>> given, normalized = tf.ragged.constant([[0, 3, 5]]), tf.ragged.constant([[0, 0, 5]])
            >>> starts, ends = ByteAlignment(given, normalized).to_given(0, tf.constant(1), tf.constant(4))
            >>> int(starts), int(ends)
            (4, 7)
        """
        return _convert(self.normalized, self.given, rows, starts, ends)

    def to_normalized(
        self, rows: tf.Tensor, starts: tf.Tensor, ends: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Convert byte offsets in the text as given to byte offsets in the normal form, see `to_given`."""
        return _convert(self.given, self.normalized, rows, starts, ends)

    def bytes_read(self, ends: tf.Tensor) -> tf.Tensor:
        """Return the bytes of each text as given that were read, `(texts,)` int32.

        Args:
            ends: `(texts,)` int32, the bytes of each normal form that were read. If these are all, nothing of
                the text as given is left.
        """
        _, given_ends = self.to_given(tf.range(tf.size(ends)), tf.zeros_like(ends), ends)
        given, normalized = (tf.reduce_sum(lengths, axis=1) for lengths in self)
        return tf.where(ends == normalized, given, given_ends)


def identity_alignment(texts: tf.Tensor) -> ByteAlignment:
    """Build the alignment of texts `(texts,)` with themselves: one part each."""
    splits = tf.range(tf.size(texts, tf.int64) + 1)
    lengths = tf.RaggedTensor.from_row_splits(tf.strings.length(texts), splits, validate=False)
    return ByteAlignment(lengths, lengths)


def replacement_alignment(texts: tf.Tensor) -> ByteAlignment:
    r"""Build the alignment of texts `(texts,)` with their valid forms: U+FFFD instead of what is not UTF-8.

    Example:
        >>> alignment = replacement_alignment(tf.constant([b"a\xffb"]))
        >>> starts, ends = alignment.to_normalized(0, tf.constant([1, 2]), tf.constant([2, 3]))
        >>> starts.numpy().tolist(), ends.numpy().tolist()
        ([1, 4], [4, 5])
    """
    texts = tf.strings.join([texts, b"\0"])  # no text without a part
    characters, starts = tf.strings.unicode_decode_with_offsets(texts, "UTF-8", errors="replace")
    row, first_bytes = row_of_values(starts), tf.cast(starts.values, tf.int32)
    is_last = tf.concat([row[1:] != row[:-1], [True]], 0)
    next_bytes = tf.concat([first_bytes[1:], [0]], 0)
    lengths = tf.where(is_last, tf.gather(tf.strings.length(texts), row), next_bytes) - first_bytes
    bytes_of_character = tf.strings.substr(tf.gather(texts, row), first_bytes, lengths)
    is_replaced = (characters.values == ord(REPLACEMENT)) & (bytes_of_character != REPLACEMENT.encode())
    equal = tf.where(is_replaced, 0, lengths)

    def parts(replaced: tf.Tensor) -> tf.RaggedTensor:
        """Return an equal part and another one for each character."""
        values = tf.reshape(tf.stack([equal, tf.where(is_replaced, replaced, 0)], axis=1), [-1])
        return tf.RaggedTensor.from_row_splits(values, 2 * starts.row_splits, validate=False)

    return ByteAlignment(parts(lengths), parts(tf.fill(tf.shape(lengths), len(REPLACEMENT.encode()))))


def _convert(
    source: tf.RaggedTensor, target: tf.RaggedTensor, rows: tf.Tensor, starts: tf.Tensor, ends: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Convert offsets, given the bytes of the parts; internally offsets count over all texts."""
    (source_bounds, source_base), (target_bounds, target_base) = _bounds(source), _bounds(target)
    source_base, target_base = tf.gather(source_base, rows), tf.gather(target_base, rows)
    first_part = tf.cast(tf.gather(source.row_starts(), rows), tf.int32)

    def part_of(byte: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the part that contains a byte, and whether it is equal in both versions."""
        flat = tf.searchsorted(source_bounds[1:], tf.reshape(byte, [-1]), side="right")
        part = tf.minimum(tf.reshape(flat, tf.shape(byte)), tf.size(source.values) - 1)
        return part, (part - first_part) % 2 == 0

    is_empty = starts >= ends
    starts, ends = starts + source_base, ends + source_base
    part, is_equal = part_of(starts)
    inside = tf.where(is_equal, starts - tf.gather(source_bounds, part), 0)
    new_starts = tf.gather(target_bounds, part) + inside - target_base
    part, is_equal = part_of(ends - 1)
    inside = tf.where(is_equal, ends - tf.gather(source_bounds, part), 0)
    equal_end = tf.gather(target_bounds, part) + inside
    new_ends = tf.where(is_equal, equal_end, tf.gather(target_bounds, part + 1)) - target_base
    new_ends = tf.where(ends == source_base, 0, new_ends)
    return tf.where(is_empty, new_ends, new_starts), new_ends


def _bounds(lengths: tf.RaggedTensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the bounds of all parts, `(parts + 1,)`, and the first bound of each row."""
    bounds = tf.concat([[0], tf.cumsum(lengths.values)], 0)
    return bounds, tf.gather(bounds, lengths.row_starts())

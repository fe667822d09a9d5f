"""Canonical composition of texts (Unicode normalization form NFC), in core TensorFlow operations."""

import sys
import unicodedata
from functools import cache
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from .ragged import row_of_values

LEADING_JAMO, VOWEL_JAMO, TRAILING_JAMO = range(0x1100, 0x1113), range(0x1161, 0x1176), range(0x11A8, 0x11C3)
SYLLABLES = range(0xAC00, 0xD7A4)  # of Hangul, composed by arithmetic
OPEN_SYLLABLE_STEP = len(TRAILING_JAMO) + 1  # an open syllable is followed by its closed ones
CODE_POINT_BITS = 21


class CompositionTables(NamedTuple):
    """Canonical mappings of the Unicode version that Python has; those of Hangul are arithmetic.

    combining_class: class of each code point that has one.
    decomposition: full canonical decomposition of each code point that has one.
    composition: composite of each pair of code points that has one.
    """

    combining_class: dict[int, int]
    decomposition: dict[int, list[int]]
    composition: dict[tuple[int, int], int]


@cache
def composition_tables() -> CompositionTables:
    """Read the canonical mappings from `unicodedata`."""
    tables = CompositionTables({}, {}, {})
    for code_point in range(sys.maxunicode + 1):
        character = chr(code_point)
        if combining_class := unicodedata.combining(character):
            tables.combining_class[code_point] = combining_class
        mapping = unicodedata.decomposition(character)
        if mapping and not mapping.startswith("<"):
            full = unicodedata.normalize("NFD", character)
            tables.decomposition[code_point] = list(map(ord, full))
            pair = [int(part, 16) for part in mapping.split()]
            if len(pair) == 2 and unicodedata.normalize("NFC", character) == character:
                tables.composition[pair[0], pair[1]] = code_point
    return tables


def compose(texts: tf.Tensor) -> tf.Tensor:
    """Convert texts to Unicode normalization form NFC.

    Every character is decomposed, marks are sorted by their combining class, and each is composed with the
    starter before it where Unicode has a composite.

    Args:
        texts: `(batch,)` strings, valid UTF-8.

    Example:
        >>> compose(tf.constant(["e\u0301"])).numpy()[0].decode() == "\u00e9"
        True

    Reference:
        Unicode Standard Annex #15, Unicode Normalization Forms.
    """
    decoded = tf.strings.unicode_decode(texts, "UTF-8")
    code_points, rows = _decompose(decoded.values, row_of_values(decoded))
    code_points, classes = _sort_marks(code_points, rows)
    code_points, rows = _compose_pairs(code_points, rows, classes)
    return tf.strings.unicode_encode(
        tf.RaggedTensor.from_value_rowids(code_points, rows, tf.size(texts)), "UTF-8"
    )


def _decompose(code_points: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Replace each code point by its full canonical decomposition."""
    decompositions = sorted(composition_tables().decomposition.items())
    keys = np.array([code_point for code_point, _ in decompositions], np.int32)
    lengths = np.array([len(parts) for _, parts in decompositions], np.int32)
    parts = np.concatenate([parts for _, parts in decompositions]).astype(np.int32)
    index, is_key = _find(keys, code_points)
    counts = tf.where(is_key, tf.gather(lengths, index), 1)
    first = tf.gather(np.cumsum(lengths, dtype=np.int32) - lengths, index)
    part_index = tf.repeat(first, counts) + tf.ragged.range(counts).values
    parts = tf.gather(parts, tf.minimum(part_index, len(parts) - 1))
    decomposed = tf.where(tf.repeat(is_key, counts), parts, tf.repeat(code_points, counts))
    return decomposed, tf.repeat(rows, counts)


def _sort_marks(code_points: tf.Tensor, rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Sort the marks after each starter by combining class; return the code points and their classes."""
    combining_class = composition_tables().combining_class
    keys = np.array(sorted(combining_class), np.int32)
    index, is_key = _find(keys, code_points)
    classes = tf.gather(np.array([combining_class[key] for key in keys.tolist()], np.int64), index)
    classes = tf.where(is_key, classes, 0)
    starter = tf.cumsum(tf.cast(classes == 0, tf.int64)) + tf.cast(rows, tf.int64)
    order = tf.argsort(starter * 256 + classes, stable=True)
    return tf.gather(code_points, order), tf.gather(classes, order)


def _compose_pairs(
    code_points: tf.Tensor, rows: tf.Tensor, classes: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Compose each starter with the first mark that it has a composite with, until there is none.

    A mark that has no composite with a starter has none with a composite of it either, unless it follows
    the mark of that composite: canonical order is that of the decompositions.
    """

    def find_pairs(
        code_points: tf.Tensor, rows: tf.Tensor, classes: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Return the positions of the starters and the marks, and their composites."""
        position = tf.range(tf.size(code_points))
        is_starter = classes == 0
        num_before = tf.cumsum(tf.cast(is_starter, tf.int32), exclusive=True)
        starters = tf.concat([[-1], tf.boolean_mask(position, is_starter)], 0)
        starter = tf.gather(starters, num_before)  # the last one before each position
        safe = tf.maximum(starter, 0)
        previous = tf.concat([classes[:1], classes[:-1]], 0)
        is_free = (starter == position - 1) | (previous < classes)  # no mark between blocks it
        composites = _composites(tf.gather(code_points, safe), code_points)
        is_pair = is_free & (starter >= 0) & (tf.gather(rows, safe) == rows) & (composites >= 0)
        is_pair &= ~tf.gather(is_pair, safe)  # its starter is composed first
        marks = tf.boolean_mask(position, is_pair)
        pair_starters = tf.gather(starter, marks)
        is_first = pair_starters != tf.concat([[-1], pair_starters[:-1]], 0)
        marks = tf.boolean_mask(marks, is_first)
        return tf.gather(starter, marks), marks, tf.gather(composites, marks)

    def compose_first(
        _: tf.Tensor, code_points: tf.Tensor, rows: tf.Tensor, classes: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        starters, marks, composites = find_pairs(code_points, rows, classes)
        code_points = tf.tensor_scatter_nd_update(code_points, starters[:, tf.newaxis], composites)
        kept = tf.ones_like(code_points, tf.bool)
        kept = tf.tensor_scatter_nd_update(kept, marks[:, tf.newaxis], tf.zeros_like(marks, tf.bool))
        columns = (tf.boolean_mask(column, kept) for column in (code_points, rows, classes))
        return tf.size(marks) > 0, *columns

    vector = tf.TensorShape([None])
    _, code_points, rows, _ = tf.while_loop(
        lambda is_changed, *_: is_changed,
        compose_first,
        (tf.size(code_points) > 0, code_points, rows, classes),
        shape_invariants=(tf.TensorShape([]), vector, vector, vector),
    )
    return code_points, rows


def _composites(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """Return the composite of each pair of code points, -1 where there is none."""
    pairs = sorted(composition_tables().composition.items())
    keys = np.array([(a << CODE_POINT_BITS) + b for (a, b), _ in pairs], np.int64)
    codes = tf.cast(first, tf.int64) * 2**CODE_POINT_BITS + tf.cast(second, tf.int64)
    index, is_key = _find(keys, codes)
    composites = tf.gather(np.array([composite for _, composite in pairs], np.int32), index)
    composites = tf.where(is_key, composites, -1)
    vowel_index = (first - LEADING_JAMO.start) * len(VOWEL_JAMO) + second - VOWEL_JAMO.start
    is_open = _is_in(LEADING_JAMO, first) & _is_in(VOWEL_JAMO, second)
    composites = tf.where(is_open, SYLLABLES.start + vowel_index * OPEN_SYLLABLE_STEP, composites)
    is_first_open = _is_in(SYLLABLES, first) & ((first - SYLLABLES.start) % OPEN_SYLLABLE_STEP == 0)
    is_closed = is_first_open & _is_in(TRAILING_JAMO, second)
    return tf.where(is_closed, first + second - TRAILING_JAMO.start + 1, composites)


def _is_in(code_points: range, values: tf.Tensor) -> tf.Tensor:
    return (values >= code_points.start) & (values < code_points.stop)


def _find(keys: np.ndarray, values: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the index of each value in sorted keys, and whether it is one of them."""
    index = tf.minimum(tf.searchsorted(keys, values), len(keys) - 1)
    return index, tf.gather(keys, index) == values

"""Normalization of Unicode texts, in core TensorFlow operations."""

from functools import cache

import tensorflow as tf

from .byte_alignment import ByteAlignment, identity_alignment
from .canonical_composition import compose
from .character_classes import INVISIBLE, JOINED, JOINERS, OTHER_SPACES, SPACES, composition_classes
from .ragged import row_of_values
from .separator import SEPARATOR, replace_separator

BLANK = f"[{SPACES}{INVISIBLE}{JOINERS}]"


def normalize(texts: tf.Tensor) -> tf.Tensor:
    r"""Normalize texts, so that texts that look the same are encoded the same.

    - Spaces, tabs, breaks of lines and paragraphs, and runs of them become one U+0020. There is none at the
      start and at the end.
    - Characters without width are removed: byte order mark, soft hyphen, zero width space, word joiner, marks
      of direction, control characters. A zero width joiner or non-joiner is kept where it is spelling: after
      a letter or mark of a script that joins letters (Arabic, those of India, Mongolian), and after an emoji.
    - Letters and marks are composed (Unicode normalization form NFC). Compatibility forms, such as full-width
      letters and ligatures, are kept.

    Bytes that are not valid UTF-8 are kept.

    Args:
        texts: `(batch,)` strings.

    Example:
        >>> normalize(tf.constant(["\ufeffso\u00adft\u00a0\n rose\u0301 "])).numpy()[0].decode()
        'soft rosé'

    Reference:
        Unicode Standard Annex #15, Unicode Normalization Forms.
    """
    return tf.cond(_is_any_changed(texts), lambda: _normalize(texts)[0], lambda: texts)


def normalize_with_alignment(texts: tf.Tensor) -> tuple[tf.Tensor, ByteAlignment]:
    """Normalize texts `(batch,)` as `normalize` does; align their bytes with those of the texts as given."""
    return tf.cond(_is_any_changed(texts), lambda: _normalize(texts), lambda: keep_with_alignment(texts))


def keep_with_alignment(texts: tf.Tensor) -> tuple[tf.Tensor, ByteAlignment]:
    """Return texts `(batch,)` as given, aligned with themselves."""
    return texts, identity_alignment(texts)


def is_blank(texts: tf.Tensor) -> tf.Tensor:
    r"""Return whether nothing is left of each text after normalization.

    Args:
        texts: `(batch,)` strings.

    Example:
        >>> is_blank(tf.constant(["\u3000 \u200b\n", "a", ""])).numpy().tolist()
        [True, False, True]
    """
    return tf.strings.regex_full_match(texts, f"{BLANK}*")


@cache
def _changed_parts() -> str:
    """Build the pattern of the longest parts of a text that normalization can change, each independently."""
    composed = composition_classes()
    return (
        f"[{JOINED}](?:[{INVISIBLE}]*[{JOINERS}])+"
        f"|[{composed.first}{composed.singles}]?(?:[{INVISIBLE}{JOINERS}]*[{composed.second}])+"
        f"(?:[{INVISIBLE}]*[{JOINERS}])*"
        f"|[{composed.singles}]"
        f"| ?[{OTHER_SPACES}{INVISIBLE}{JOINERS}]{BLANK}*|  {BLANK}*|^ | $"
    )


def _is_any_changed(texts: tf.Tensor) -> tf.Tensor:
    """Return whether normalization can change any of the texts, a scalar; false for most batches."""
    composed = composition_classes()
    changed = f"[{OTHER_SPACES}{INVISIBLE}{JOINERS}{composed.second}{composed.singles}]"
    return tf.reduce_any(tf.strings.regex_full_match(texts, rf" \C*|\C* |\C*(?:  |{changed})\C*"))


def _normalize(texts: tf.Tensor) -> tuple[tf.Tensor, ByteAlignment]:
    """Split texts into parts, of which every second one can change, and normalize each distinct one."""
    marked = tf.strings.regex_replace(
        replace_separator(texts), _changed_parts(), SEPARATOR + rb"\0" + SEPARATOR
    )
    parts = tf.strings.split(marked, SEPARATOR)
    given = tf.strings.length(parts.values)
    is_changed = tf.ragged.range(parts.row_lengths()).values % 2 == 1
    distinct, index = tf.unique(tf.boolean_mask(parts.values, is_changed))
    changed = tf.gather(_normalize_parts(distinct), index)
    values = tf.tensor_scatter_nd_update(parts.values, tf.where(is_changed), changed)
    rows = row_of_values(parts)
    starts = tf.cumsum(given, exclusive=True)
    starts -= tf.gather(tf.gather(tf.concat([starts, [0]], 0), parts.row_starts()), rows)
    is_edge = (starts == 0) | (starts + given == tf.gather(tf.strings.length(texts), rows))
    values = tf.where(is_changed & is_edge & (values == " "), "", values)
    normalized = tf.strings.unsorted_segment_join(values, rows, tf.size(texts))
    lengths = (given, tf.strings.length(values))
    return normalized, ByteAlignment(*(parts.with_values(length) for length in lengths))


def _normalize_parts(parts: tf.Tensor) -> tf.Tensor:
    """Normalize matches of `_changed_parts`, `(parts,)`; a space at the edge of a text is not removed."""
    parts = tf.strings.regex_replace(parts, f"[{INVISIBLE}]+", "")
    parts = tf.strings.regex_replace(parts, f"(^|[^{JOINED}{JOINERS}])[{JOINERS}]+", r"\1")
    parts = tf.strings.regex_replace(parts, f"[{SPACES}]+", " ")
    return compose(parts)

"""Texts as words between blanks: what doubt takes away from them, and what stress disturbs."""

import numpy as np

from ...focus import TextAxis, word_offsets
from ...focus.records.alignment import Spans, span_membership


def split_on_whitespace(text: str) -> TextAxis:
    """The words of a text.

    Example:
        >>> split_on_whitespace("não é  bom").labels
        ['não', 'é', 'bom']
    """
    return TextAxis(text.split(), word_offsets(text), text)


def first_token_of_words(offsets: Spans, words: TextAxis) -> np.ndarray:
    """The place of the first piece of each word; a word without a piece has none.

    Args:
        offsets: from which to which byte each piece goes.
        words: of the same text.

    Example:
        >>> first_token_of_words([(0, 2), (2, 3), (4, 7), (7, 7)], split_on_whitespace("big dog")).tolist()
        [0, 2]
    """
    of_word = span_membership(offsets, words.offsets)
    return of_word.argmax(axis=0)[of_word.any(axis=0)]


def remove_words(words: TextAxis, erased: np.ndarray) -> str:
    """The text without the words that are erased: an `erase` of `comprehensiveness`.

    Example:
        >>> remove_words(split_on_whitespace("não é  bom"), np.array([True, False, False]))
        'é bom'
    """
    return " ".join(word for word, gone in zip(words.labels, erased, strict=True) if not gone)

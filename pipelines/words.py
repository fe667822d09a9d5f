"""Texts as words between blanks: what doubt takes away from them, and what stress disturbs."""

import numpy as np

from ..focus import TextAxis, word_offsets
from ..focus.alignment import Spans, membership


def words_of(text: str) -> TextAxis:
    """The words of a text.

    Example:
        >>> words_of("não é  bom").labels
        ['não', 'é', 'bom']
    """
    return TextAxis(text.split(), word_offsets(text), text)


def first_pieces(offsets: Spans, words: TextAxis) -> np.ndarray:
    """The place of the first piece of each word; a word without a piece has none.

    Args:
        offsets: from which to which byte each piece goes.
        words: of the same text.

    Example:
        >>> first_pieces([(0, 2), (2, 3), (4, 7), (7, 7)], words_of("big dog")).tolist()
        [0, 2]
    """
    of_word = membership(offsets, words.offsets)
    return of_word.argmax(axis=0)[of_word.any(axis=0)]


def words_left(words: TextAxis, erased: np.ndarray) -> str:
    """The text without the words that are erased: an `erase` of `comprehensiveness`.

    Example:
        >>> words_left(words_of("não é  bom"), np.array([True, False, False]))
        'é bom'
    """
    return " ".join(word for word, gone in zip(words.labels, erased, strict=True) if not gone)

"""Texts as words between blanks: what doubt takes away from them, and what stress disturbs."""

import numpy as np

from ..focus import TextAxis, word_offsets


def words_of(text: str) -> TextAxis:
    """The words of a text.

    Example:
        >>> words_of("não é  bom").labels
        ['não', 'é', 'bom']
    """
    return TextAxis(text.split(), word_offsets(text), text)


def words_left(words: TextAxis, erased: np.ndarray) -> str:
    """The text without the words that are erased: an `erase` of `comprehensiveness`.

    Example:
        >>> words_left(words_of("não é  bom"), np.array([True, False, False]))
        'é bom'
    """
    return " ".join(word for word, gone in zip(words.labels, erased, strict=True) if not gone)

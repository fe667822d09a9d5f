"""Words as units of faithfulness tests: their first tokens, and texts without some of them."""

import numpy as np

from ...focus import TextAxis, join_words
from ...focus.records import Spans, span_membership


def first_token_of_words(offsets: Spans, words: TextAxis) -> np.ndarray:
    """Return the index of the first token of each word, once if it contains several words.

    Words without a token are left out.

    Args:
        offsets: byte offsets of each token.
        words: words of the same text.

    Example:
        >>> from foveal.focus import word_axis
        >>> first_token_of_words([(0, 2), (2, 3), (4, 7), (7, 7)], word_axis("big dog")).tolist()
        [0, 2]
    """
    is_in_word = span_membership(offsets, words.offsets) > 0
    return np.unique(is_in_word.argmax(axis=0)[is_in_word.any(axis=0)])


def remove_words(words: TextAxis, erased: np.ndarray) -> str:
    """Join the words that are not erased: the `erase` function of `foveal.focus.comprehensiveness`.

    Args:
        words: words of a text.
        erased: boolean `(words,)`.

    Returns:
        The remaining words, with the spaces of the text, see `join_words`.

    Example:
        >>> from foveal.focus import word_axis
        >>> remove_words(word_axis("não é bom"), np.array([True, False, False]))
        'é bom'
        >>> remove_words(word_axis("电影很好。"), np.array([False, False, True, False]))
        '电影好。'
    """
    return join_words(words, np.flatnonzero(~np.asarray(erased, bool)))

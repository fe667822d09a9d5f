"""Words between whitespace: the units of erasure in faithfulness tests and of perturbations."""

import numpy as np

from ...focus import TextAxis, word_offsets
from ...focus.records import Spans, span_membership


def split_on_whitespace(text: str) -> TextAxis:
    """Split a text on whitespace into a labelled axis of words with byte offsets.

    Example:
        >>> split_on_whitespace("não é  bom").labels
        ['não', 'é', 'bom']
    """
    return TextAxis(text.split(), word_offsets(text), text)


def first_token_of_words(offsets: Spans, words: TextAxis) -> np.ndarray:
    """Return the index of the first token of each word; words without a token are left out.

    Args:
        offsets: byte offsets of each token.
        words: words of the same text.

    Example:
        >>> first_token_of_words([(0, 2), (2, 3), (4, 7), (7, 7)], split_on_whitespace("big dog")).tolist()
        [0, 2]
    """
    is_in_word = span_membership(offsets, words.offsets)
    return is_in_word.argmax(axis=0)[is_in_word.any(axis=0)]


def remove_words(words: TextAxis, erased: np.ndarray) -> str:
    """Join the words that are not erased: the `erase` function of `foveal.focus.comprehensiveness`.

    Example:
        >>> remove_words(split_on_whitespace("não é  bom"), np.array([True, False, False]))
        'é bom'
    """
    return " ".join(word for word, is_erased in zip(words.labels, erased, strict=True) if not is_erased)

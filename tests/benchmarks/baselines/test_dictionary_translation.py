"""Tests of the word-by-word baseline of translation."""

import numpy as np

from foveal.benchmarks.baselines.dictionary_translation import build_dictionary, translate
from foveal.datasets import ParallelText


def spans(*words):
    """Return the byte spans of words that are separated by single spaces."""
    ends = np.cumsum([len(word.encode()) + 1 for word in words]) - 1
    return np.array([(end - len(word.encode()), end) for word, end in zip(words, ends, strict=True)])


def test_build_dictionary_takes_most_frequent_translation():
    pairs = [
        (["The", "dog"], ["o", "cão"]),
        (["the", "rain"], ["a", "chuva"]),
        (["the", "sun"], ["o", "sol"]),
    ]
    sources, targets = zip(*pairs, strict=True)
    text = ParallelText(
        [" ".join(words) for words in sources],
        [" ".join(words) for words in targets],
        [np.array([(0, 0), (1, 1)])] * 3,
        [spans(*words) for words in sources],
        [spans(*words) for words in targets],
    )
    assert build_dictionary(text) == {"the": "o", "dog": "cão", "rain": "chuva", "sun": "sol"}


def test_translate_copies_unknown_words_and_restores_spaces():
    words = ["The", "dog", ",", "Ana", "!"]
    assert translate({"the": "o", "dog": "cão"}, words) == "O cão, Ana!"

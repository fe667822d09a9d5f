"""Consistency of the vocabulary of `scenes`."""

from itertools import combinations, pairwise

import numpy as np

from foveal.datasets.scenes.vocabulary import (
    COLOURS,
    GENERIC_NOUNS,
    NUMBERS,
    SHAPES,
    SIZE_RANGES,
    SIZE_WORDS,
    TEXTURES,
)


def test_vocabulary_sizes():
    assert (len(SHAPES), len(COLOURS), len(TEXTURES), len(SIZE_RANGES)) == (12, 10, 4, 2)
    assert NUMBERS.index("six") == 6


def test_colours_are_distinguishable():
    for (first, (a, _)), (second, (b, _)) in combinations(COLOURS.items(), 2):
        assert np.abs(np.subtract(a, b)).max() >= 40, (first, second)


def test_size_ranges_are_disjoint_and_large_enough():
    assert min(low for low, _ in SIZE_RANGES.values()) >= 20
    assert all(small + 8 <= big for (_, small), (big, _) in pairwise(SIZE_RANGES.values()))


def test_words_are_unambiguous():
    sizes = [word for words in SIZE_WORDS.values() for word in words]
    words = [
        *SHAPES,
        *SHAPES.values(),
        *GENERIC_NOUNS,
        *GENERIC_NOUNS.values(),
        *COLOURS,
        *TEXTURES,
        *sizes,
        *NUMBERS,
    ]
    assert len(set(words)) == len(words)

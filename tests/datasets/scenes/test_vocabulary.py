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


def test_there_is_enough_to_tell_apart():
    assert (len(SHAPES), len(COLOURS), len(TEXTURES), len(SIZE_RANGES)) == (12, 10, 4, 2)
    assert NUMBERS.index("six") == 6


def test_colours_can_be_told_apart():
    for (one, (a, _)), (other, (b, _)) in combinations(COLOURS.items(), 2):
        assert np.abs(np.subtract(a, b)).max() >= 40, (one, other)


def test_small_and_big_do_not_meet_and_all_are_large_enough_to_be_seen():
    assert min(low for low, _ in SIZE_RANGES.values()) >= 20
    assert all(small + 8 <= big for (_, small), (big, _) in pairwise(SIZE_RANGES.values()))


def test_no_word_has_two_meanings():
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

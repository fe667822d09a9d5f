"""The sentences of `phrases` and how they fall into splits."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from ..compositional_split import split
from .aligned_words import Sentence, realize, word_alignment
from .compositions import find_held_out
from .grammar import Grammar

SIZES = {"train": 30_000, "validation": 1_000, "test": 1_000, "test_compositions": 1_000}
MAX_WORDS = 16
KINDS = ("clause", "adjective", "object")  # of unseen compositions


class Pair(NamedTuple):
    """A sentence in both languages, its gold alignment, and what it holds that train does not."""

    en: Sentence
    pt: Sentence
    alignment: list[tuple[int, int]]
    held_out_kinds: frozenset[str]

    def words(self) -> set[str]:
        """The words of both sides, as case folds them."""
        return {word.casefold() for word in (*self.en.words, *self.pt.words)}


def sample_pairs(seed: int) -> Iterator[Pair]:
    """An endless run of pairs, no English sentence twice."""
    grammar, seen = Grammar(Random(seed)), set()
    while True:
        sentence = grammar.sentence()
        english = realize(sentence.en)
        if len(english.words) > MAX_WORDS or english.text in seen:
            continue
        seen.add(english.text)
        held_out_kinds = frozenset(find_held_out(grammar.traits))
        yield Pair(english, realize(sentence.pt), word_alignment(sentence), held_out_kinds)


def splits(seed: int = 2024, sizes: dict[str, int] = SIZES) -> dict[str, list[Pair]]:
    """Draws every split; all words of the others occur in train."""
    return split(sample_pairs(seed), sizes, KINDS)

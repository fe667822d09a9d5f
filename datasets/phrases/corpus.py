"""The sentences of `phrases` and how they fall into splits."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from ..splits import split
from .compositions import held_out
from .grammar import Grammar
from .words import Written, links, write

SIZES = {"train": 30_000, "validation": 1_000, "test": 1_000, "test_compositions": 1_000}
LONGEST = 16
KINDS = ("clause", "adjective", "object")  # of unseen compositions


class Pair(NamedTuple):
    """A sentence in both languages, its gold alignment, and what it holds that train does not."""

    en: Written
    pt: Written
    alignment: list[tuple[int, int]]
    unseen: frozenset[str]

    def words(self) -> set[str]:
        """The words of both sides, as case folds them."""
        return {word.casefold() for word in (*self.en.words, *self.pt.words)}


def draw(seed: int) -> Iterator[Pair]:
    """An endless run of pairs, no English sentence twice."""
    grammar, seen = Grammar(Random(seed)), set()
    while True:
        sentence = grammar.sentence()
        english = write(sentence.en)
        if len(english.words) > LONGEST or english.text in seen:
            continue
        seen.add(english.text)
        unseen = frozenset(held_out(grammar.traits))
        yield Pair(english, write(sentence.pt), links(sentence), unseen)


def splits(seed: int = 2024, sizes: dict[str, int] = SIZES) -> dict[str, list[Pair]]:
    """Draws every split; all words of the others occur in train."""
    return split(draw(seed), sizes, KINDS)

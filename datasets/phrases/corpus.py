"""Sampling of unique sentence pairs and their compositional split."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from ..compositional_split import compositional_split
from .aligned_words import Sentence, realize, word_alignment
from .compositions import KINDS, find_held_out
from .grammar import Grammar

SIZES = {"train": 30_000, "validation": 1_000, "test": 1_000, "test_compositions": 1_000}
MAX_WORDS = 16


class SentencePair(NamedTuple):
    """A sentence in both languages, its gold alignment and its kinds of held-out composition."""

    en: Sentence
    pt: Sentence
    alignment: list[tuple[int, int]]
    held_out_kinds: frozenset[str]

    def words(self) -> set[str]:
        """Return the casefolded words of both sentences."""
        return {word.casefold() for word in (*self.en.words, *self.pt.words)}


def sample_pairs(seed: int) -> Iterator[SentencePair]:
    """Sample sentence pairs without end; no English sentence occurs twice."""
    grammar, texts = Grammar(Random(seed)), set()
    while True:
        sentence = grammar.sample_sentence()
        english = realize(sentence.en)
        if len(english.words) > MAX_WORDS or english.text in texts:
            continue
        texts.add(english.text)
        held_out_kinds = frozenset(find_held_out(grammar.traits))
        yield SentencePair(english, realize(sentence.pt), word_alignment(sentence), held_out_kinds)


def splits(seed: int = 2024, sizes: dict[str, int] = SIZES) -> dict[str, list[SentencePair]]:
    """Sample every split; all words of the other splits occur in `train`."""
    return compositional_split(sample_pairs(seed), sizes, KINDS)

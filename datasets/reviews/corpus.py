"""The reviews of `reviews` and how they fall into splits."""

import re
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from ..splits import split
from .compositions import SHARES, held_out
from .grammar import Grammar
from .marks import Span, write

SIZES = {"train": 20_000, "validation": 1_000, "test": 1_500, "test_compositions": 1_500}


class Labelled(NamedTuple):
    """A review, its label and what decides it, and what it holds that train does not.

    `rationales` and `sentences` are `(start, end)` UTF-8 bytes of the text.
    """

    text: str
    positive: bool
    rationales: list[Span]
    sentences: list[Span]
    phenomena: list[str]
    unseen: frozenset[str]

    def words(self) -> set[str]:
        """The words of the review, as case folds them."""
        return set(re.findall(r"\w+", self.text.casefold()))


def draw(seed: int) -> Iterator[Labelled]:
    """An endless run of reviews, no text twice, every second one positive."""
    grammar, seen, positive = Grammar(Random(seed)), set(), True
    while True:
        review = grammar.review(positive)
        unseen = frozenset(held_out(review.traits))
        written = write(review.sentences)
        # What is unseen must matter: it never stands in a distractor.
        if held_out(review.others) or written.text in seen:
            continue
        seen.add(written.text)
        positive = not positive
        yield Labelled(written.text, review.positive, written.rationales, written.sentences,
                       sorted(review.phenomena), unseen)  # fmt: skip


def splits(seed: int = 2024, sizes: dict[str, int] = SIZES) -> dict[str, list[Labelled]]:
    """Draws every split; all words of the others occur in train."""
    return split(draw(seed), sizes, list(SHARES))

"""The reviews of `reviews` and how they fall into splits."""

import re
from collections.abc import Iterator
from itertools import chain
from random import Random
from typing import NamedTuple

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
    drawn, train = _take(draw(seed), sizes["train"], "")
    known = set().union(*(review.words() for review in train))
    drawn = (review for review in drawn if review.words() <= known)
    drawn, later = _take(drawn, sizes["validation"] + sizes["test"], "")
    unseen = []
    for done, kind in enumerate(SHARES):
        share = (sizes["test_compositions"] - len(unseen)) // (len(SHARES) - done)
        drawn, found = _take(drawn, share, kind)
        unseen += found
    return {
        "train": train,
        "validation": later[: sizes["validation"]],
        "test": later[sizes["validation"] :],
        "test_compositions": unseen,
    }


def _take(drawn: Iterator[Labelled], count: int, kind: str) -> tuple[Iterator[Labelled], list[Labelled]]:
    """The next reviews with an unseen composition of a kind, or ("") without any.

    The reviews between them come first in what is left to draw.
    """
    taken, others = [], []
    while len(taken) < count:
        review = next(drawn)
        fits = kind in review.unseen if kind else not review.unseen
        (taken if fits else others).append(review)
    return chain(others, drawn), taken

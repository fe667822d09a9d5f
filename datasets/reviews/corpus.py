"""The reviews of `reviews` and how they fall into splits."""

import re
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from ..compositional_split import split
from .compositions import HELD_OUT_EVERY, find_held_out
from .grammar import Grammar
from .rationale_markup import Span, write

SIZES = {"train": 20_000, "validation": 1_000, "test": 1_500, "test_compositions": 1_500}


class LabelledReview(NamedTuple):
    """A review, its label and what decides it, and what it holds that train does not.

    `rationales` and `sentences` are `(start, end)` UTF-8 bytes of the text.
    """

    text: str
    positive: bool
    rationales: list[Span]
    sentences: list[Span]
    phenomena: list[str]
    held_out_kinds: frozenset[str]

    def words(self) -> set[str]:
        """The words of the review, as case folds them."""
        return set(re.findall(r"\w+", self.text.casefold()))


def sample_reviews(seed: int) -> Iterator[LabelledReview]:
    """An endless run of reviews, no text twice, every second one positive."""
    grammar, seen, positive = Grammar(Random(seed)), set(), True
    while True:
        review = grammar.review(positive)
        held_out_kinds = frozenset(find_held_out(review.traits))
        written = write(review.sentences)
        # What is unseen must matter: it never stands in a distractor.
        if find_held_out(review.others) or written.text in seen:
            continue
        seen.add(written.text)
        positive = not positive
        yield LabelledReview(written.text, review.positive, written.rationales, written.sentences,
                       sorted(review.phenomena), held_out_kinds)  # fmt: skip


def splits(seed: int = 2024, sizes: dict[str, int] = SIZES) -> dict[str, list[LabelledReview]]:
    """Draws every split; all words of the others occur in train."""
    return split(sample_reviews(seed), sizes, list(HELD_OUT_EVERY))

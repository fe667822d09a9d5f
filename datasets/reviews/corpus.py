"""Sampling of unique labelled reviews and their compositional split."""

import re
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from ..compositional_split import compositional_split
from .compositions import HELD_OUT_EVERY, find_held_out
from .grammar import Grammar
from .rationale_markup import Span, parse_markup

SIZES = {"train": 20_000, "validation": 1_000, "test": 1_500, "test_compositions": 1_500}


class LabelledReview(NamedTuple):
    """A review with its label, gold rationales and kinds of held-out composition.

    `rationales` and `sentences` are `(start, end)` UTF-8 bytes of the text.
    """

    text: str
    positive: bool
    rationales: list[Span]
    sentences: list[Span]
    phenomena: list[str]
    held_out_kinds: frozenset[str]

    def words(self) -> set[str]:
        """Return the casefolded words of the review."""
        return set(re.findall(r"\w+", self.text.casefold()))


def sample_reviews(seed: int) -> Iterator[LabelledReview]:
    """Sample reviews without end; labels alternate and no text occurs twice."""
    grammar, texts, positive = Grammar(Random(seed)), set(), True
    while True:
        review = grammar.sample_review(positive)
        held_out_kinds = frozenset(find_held_out(review.traits))
        text, rationales, sentences = parse_markup(review.sentences)
        # A held-out composition must affect the label, so distractors contain none.
        if find_held_out(review.distractor_traits) or text in texts:
            continue
        texts.add(text)
        positive = not positive
        phenomena = sorted(review.phenomena)
        yield LabelledReview(text, review.positive, rationales, sentences, phenomena, held_out_kinds)


def splits(seed: int = 2024, sizes: dict[str, int] = SIZES) -> dict[str, list[LabelledReview]]:
    """Sample every split; all words of the other splits occur in `train`."""
    return compositional_split(sample_reviews(seed), sizes, list(HELD_OUT_EVERY))

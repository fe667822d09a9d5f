"""Sampler of reviews: statements with the polarity of the label, distractors and neutral sentences."""

from dataclasses import dataclass, field
from random import Random

from ..weighted_choice import weighted_choice
from .clauses import fill_slots
from .compositions import Trait
from .lexicon import CITY_LIST, DOMAIN_LIST, MONTH_LIST
from .rationale_markup import split_sentences, strip_markup
from .statement_sampler import StatementSampler

MAX_SENTENCES = 6
# Weights of the number of sentences of each type. The order is part of the random stream.
STATEMENTS = {1: 4, 2: 5, 3: 2}
DISTRACTORS = {0: 6, 1: 4, 2: 1}
NEUTRAL = {0: 4, 1: 5, 2: 1}
TENSES = {"concert": "past", "course": "past", "phone": "present"}


@dataclass
class Review:
    """Marked sentences of a review and their parts.

    `traits` belong to the statements that determine the label, `distractor_traits` to the
    distractors.
    """

    positive: bool
    sentences: list[str]
    phenomena: set[str] = field(default_factory=set)
    traits: set[Trait] = field(default_factory=set)
    distractor_traits: set[Trait] = field(default_factory=set)


class Grammar:
    """Grammar of labelled reviews."""

    def __init__(self, random: Random):
        self.random = random

    def sample_review(self, positive: bool) -> Review:
        """Sample a review of at most `MAX_SENTENCES`; all its statements agree with the label."""
        while True:
            review = self._sample_review(positive)
            if len(review.sentences) <= MAX_SENTENCES:
                return review

    def _sample_review(self, positive: bool) -> Review:
        domain = self.random.choice(DOMAIN_LIST)
        tense = TENSES.get(domain.name) or self.random.choice(["past", "present"])
        statements, distractors = (StatementSampler(self.random, domain, tense) for _ in range(2))
        polarity = 1 if positive else -1
        parts = [
            statements.sample_statement(polarity) for _ in range(weighted_choice(self.random, STATEMENTS))
        ]
        parts += [
            strip_markup(distractors.sample_distractor())
            for _ in range(weighted_choice(self.random, DISTRACTORS))
        ]
        self.random.shuffle(parts)
        neutral = self.random.sample(domain.neutral, weighted_choice(self.random, NEUTRAL))
        for sentence, position in zip(neutral, (0, len(parts) + 1), strict=False):
            parts.insert(position, fill_slots(sentence, self._sample_proper_name))
        phenomena = statements.phenomena | ({"distractor"} if distractors.traits else set())
        return Review(positive, _sentences(parts), phenomena, statements.traits, distractors.traits)

    def _sample_proper_name(self, slot: str) -> str:
        return self.random.choice({"city": CITY_LIST, "month": MONTH_LIST}[slot])


def _sentences(parts: list[str]) -> list[str]:
    """Split statements into sentences; each ends in a punctuation mark."""
    return [sentence for part in parts for sentence in split_sentences(part + "." * (part[-1] not in "?!"))]

"""Draws reviews: statements that decide, and sentences beside them that do not."""

from dataclasses import dataclass, field
from random import Random

from .clauses import fill
from .compositions import Trait
from .lexicon import CITY_LIST, DOMAIN_LIST, MONTH_LIST
from .rationale_markup import split_sentences, strip_markup
from .statement_sampler import StatementSampler

MAX_SENTENCES = 6  # sentences
STATEMENTS = {1: 4, 2: 5, 3: 2}  # how often a review has so many
DISTRACTORS = {0: 6, 1: 4, 2: 1}
NEUTRAL = {0: 4, 1: 5, 2: 1}
TENSES = {"concert": "past", "course": "past", "phone": "present"}


@dataclass
class Review:
    """Marked sentences, and what they are composed of.

    `traits` are of the statements that decide, `others` of the distractors.
    """

    positive: bool
    sentences: list[str]
    phenomena: set[str] = field(default_factory=set)
    traits: set[Trait] = field(default_factory=set)
    others: set[Trait] = field(default_factory=set)


class Grammar:
    """Draws reviews."""

    def __init__(self, random: Random):
        self.random = random

    def review(self, positive: bool) -> Review:
        """A review that is positive, or negative, on the whole and in each statement that decides."""
        while len((review := self._draw(positive)).sentences) > MAX_SENTENCES:
            pass
        return review

    def _draw(self, positive: bool) -> Review:
        domain = self.random.choice(DOMAIN_LIST)
        tense = TENSES.get(domain.name) or self.random.choice(["past", "present"])
        deciding, beside = (StatementSampler(self.random, domain, tense) for _ in range(2))
        parts = [deciding.sample_framed(1 if positive else -1) for _ in range(self._count(STATEMENTS))]
        parts += [strip_markup(beside.distractor()) for _ in range(self._count(DISTRACTORS))]
        self.random.shuffle(parts)
        neutral = self.random.sample(domain.neutral, self._count(NEUTRAL))
        for sentence, place in zip(neutral, (0, len(parts) + 1), strict=False):
            parts.insert(place, fill(sentence, self._proper_name))
        sentences = [s for part in parts for s in split_sentences(part + "." * (part[-1] not in "?!"))]
        phenomena = deciding.phenomena | ({"distractor"} if beside.traits else set())
        return Review(positive, sentences, phenomena, deciding.traits, beside.traits)

    def _count(self, weights: dict[int, int]) -> int:
        return self.random.choices(list(weights), list(weights.values()))[0]

    def _proper_name(self, slot: str) -> str:
        return self.random.choice({"place": CITY_LIST, "month": MONTH_LIST}[slot])

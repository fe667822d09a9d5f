"""Sampler of noun phrases, names and subject pronouns."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from .aligned_words import Phrase, Word
from .determiners import (
    INDEFINITE,
    PROCLISIS_DETERMINERS,
    determine,
    possessive,
    sample_determiner,
    sample_numeral,
)
from .lexicon import ADJECTIVES_OF, NAME_LIST, NOUNS_OF, Adjective, Noun
from .noun_phrases import PERSON, PRONOUNS, THIRD, NounPhrase, Pronoun


@dataclass
class NounPhraseSampler:
    """Sampler of noun phrases; `pairs` collects the sampled pairs of adjective and noun."""

    random: Random
    pairs: set[tuple[str, str]] = field(default_factory=set)

    def sample_subject(
        self, kinds: Iterable[str], gendered: bool = False, modified: bool = True
    ) -> NounPhrase:
        """Sample a pronoun, a name or a noun phrase as a subject.

        Args:
            kinds: semantic classes of the noun.
            gendered: excludes I, you and we, whose gender is not marked.
            modified: allows an adjective.
        """
        sample = self.random.random() if "people" in kinds else 1.0
        if sample < 0.28:
            return self.sample_pronoun(THIRD if gendered else PRONOUNS)
        if sample < 0.42:
            return self.sample_name()
        return self.sample_noun_phrase(kinds, modified=modified)

    def sample_name(self) -> NounPhrase:
        """Sample a proper name; Portuguese adds an article."""
        name, gender = self.random.choice(NAME_LIST)
        word = Word(name)
        article = Word("o" if gender == "m" else "a")
        return NounPhrase([word], [article, Word(name, (word,))], gender)

    def sample_pronoun(self, options: list[Pronoun]) -> NounPhrase:
        """Sample a subject pronoun; Portuguese drops the first and second persons."""
        pronoun = self.random.choice(options)
        word = Word(pronoun.subject)
        gender = "f" if pronoun.subject == "she" else "m"
        if pronoun not in THIRD:
            return NounPhrase([word], [], gender, pronoun.person, dropped_pronoun=(word,))
        return NounPhrase([word], [Word(pronoun.stressed, (word,))], gender, pronoun.person)

    def sample_noun_phrase(
        self, kinds: Iterable[str], bare: bool = False, modified: bool = True
    ) -> NounPhrase:
        """Sample a noun with its determiner and perhaps an adjective.

        Args:
            kinds: semantic classes of the noun.
            bare: allows a plural or a mass noun without a determiner: apples, bread.
            modified: allows an adjective.
        """
        noun = self.sample_noun(kinds)
        plural = noun.en_plural is not None and self.random.random() < 0.33
        determiner = sample_determiner(self.random, noun, plural)
        if bare and (plural or noun.en_plural is None) and self.random.random() < 0.2:
            determiner = "bare"
        return self.build_noun_phrase(noun, determiner, plural, modified)

    def sample_noun(self, kinds: Iterable[str]) -> Noun:
        """Sample a noun uniformly from all nouns of some semantic classes."""
        kinds = sorted(kinds)
        sizes = [len(NOUNS_OF[kind]) for kind in kinds]
        return self.random.choice(NOUNS_OF[self.random.choices(kinds, sizes)[0]])

    def build_noun_phrase(
        self, noun: Noun, determiner: str, plural: bool, modified: bool = True
    ) -> NounPhrase:
        """Build a noun phrase from a noun and a determiner; `modified` allows an adjective."""
        modified = modified and self.random.random() < 0.27
        adjective = self._sample_adjective(noun, determiner) if modified else None
        body = _modified_noun(noun, adjective, plural)
        if determiner == "owner":
            body = possessive(self._sample_owner(), noun.gender, plural, body)
        elif determiner == "number":
            body = sample_numeral(self.random, noun.gender, body)
        else:
            body = determine(determiner, noun.gender, plural, body)
        return NounPhrase(
            *body,
            noun.gender,
            person="3p" if plural else "3s",
            noun=noun.en,
            kind=noun.kind,
            triggers_proclisis=determiner in PROCLISIS_DETERMINERS,
        )

    def _sample_adjective(self, noun: Noun, determiner: str) -> Adjective | None:
        options = [
            adjective
            for adjective in ADJECTIVES_OF[noun.kind]
            if not (adjective.definite_only and determiner in INDEFINITE)
        ]
        if not options:
            return None
        adjective = self.random.choice(options)
        self.pairs.add((adjective.en, noun.en))
        return adjective

    def _sample_owner(self) -> Phrase:
        if self.random.random() < 0.5:
            owner = self.sample_name()
        else:
            noun = self.sample_noun(PERSON)
            owner = self.build_noun_phrase(noun, "my" if noun.kind == "kin" else "the", False)
        return Phrase(owner.en, owner.pt)


def _modified_noun(noun: Noun, adjective: Adjective | None, plural: bool) -> Phrase:
    """Combine a noun with its adjective, in the order of each language."""
    head = Word(noun.en_plural if plural and noun.en_plural else noun.en)
    pt_head = Word(noun.pt_plural if plural else noun.pt, (head,))
    if adjective is None:
        return Phrase([head], [pt_head])
    modifier = Word(adjective.en)
    agreed = Word(adjective.agree(noun.gender, plural), (modifier,))
    return Phrase([modifier, head], [agreed, pt_head] if adjective.prenominal else [pt_head, agreed])

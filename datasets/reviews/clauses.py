"""Polar clauses: a form of the table, filled with words of a domain and inflected."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from .lexicon import Aspect, Construction, Domain, Word


class Person(NamedTuple):
    """The pronouns of the holder of an opinion: the reviewer, or a quoted speaker."""

    subject: str
    object: str


REVIEWER = Person("I", "me")


@dataclass(frozen=True)
class Clause:
    """The parts of a polar clause; `tense` is past, present or would.

    `second_word` is used by forms with two words only. `realize` returns the text.
    """

    form: Construction
    word: Word
    second_word: Word
    subject: Aspect
    domain: Domain
    tense: str

    @property
    def polarity(self) -> int:
        """1 if the meaning of the clause is positive, -1 if it is negative."""
        return self.form.sign * self.word.polarity

    def words(self) -> list[str]:
        """Return the polar words of the clause: one, or two in some forms."""
        return [self.word.text, self.second_word.text][: 1 + ("{other}" in self.form.text)]

    def realize(self, random: Random, person: Person = REVIEWER, tense: str = "") -> str:
        """Return the marked text, without capital and full stop.

        Args:
            random: selects among synonyms.
            person: the holder of the opinion.
            tense: overrides the tense of the clause.
        """
        return fill_slots(self.form.text, Slots(self, random, person, tense or self._default_tense()).resolve)

    def realize_question(self, random: Random) -> str:
        """Return the plain form as a question, marked."""
        slots = Slots(self, random, REVIEWER, self._default_tense())
        do = slots.auxiliary("do")
        texts = {
            "adjective": "{be} {S} [{word}]",
            "noun": "{be} {S} [{a word}]",
            "effect": f"{do} {{S}} [{{base}}] {{me}}",
            "feeling": f"{do} {{I}} [{{base}}] {{S}}",
        }
        return fill_slots(texts[self.word.kind], slots.resolve)

    def realize_noun_phrase(self) -> str:
        """Return the plain form as a noun phrase, marked: a gripping plot, a masterpiece."""
        text = self.word.text if self.word.kind == "noun" else f"{self.word.text} {self.subject.noun}"
        return f"[{text if self.subject.plural or self.subject.mass else with_article(text)}]"

    def _default_tense(self) -> str:
        return "past" if self.word.kind == "feeling" else self.tense


@dataclass
class Slots:
    """Resolver of the slots of a form: each pair of braces becomes a text."""

    clause: Clause
    random: Random
    person: Person
    tense: str

    def resolve(self, slot: str) -> str:
        """Return the text of a slot.

        Raises:
            ValueError: if no slot has this name.
        """
        head, _, adverb = slot.partition(" ")
        if head in ("be", "verb", "not"):
            return self.finite_verb(head, adverb)
        for resolver in (self._word, self._noun_phrase, self._auxiliary, self._degree):
            text = resolver(slot)
            if text is not None:
                return text
        raise ValueError(f"`slot` must be the name of a slot of a form. Received: slot={slot!r}")

    def finite_verb(self, head: str, adverb: str) -> str:
        """Return a finite verb with its adverb: was not, never bored, did not bore."""
        if head == "be":
            if self.tense != "would":
                be = f"{self.auxiliary('be')} {adverb}"
            else:
                be = "would be neither" if adverb == "neither" else f"would {adverb} be"
            return _contract(" ".join(be.split()), self.random)
        if head == "not":
            auxiliary = "would" if self.tense == "would" else self.auxiliary("do")
            return _contract(f"{auxiliary} not {self.clause.word.text}", self.random)
        if self.tense == "would":
            return " ".join(f"would {adverb} {self.clause.word.text}".split())
        return f"{adverb} {self._inflected_verb()}".strip()

    def auxiliary(self, verb: str) -> str:
        """Return a form of *be* (was, were, is, are) or of *do* (did, does, do)."""
        plural = self._has_plural_subject()
        if verb == "be":
            return {"past": ("was", "were"), "present": ("is", "are")}[self.tense][plural]
        return "did" if self.tense == "past" else ("does", "do")[plural]

    def definite(self, aspect: Aspect) -> str:
        """Return an aspect with the definite article; of an entity sometimes *this*."""
        if aspect.is_entity:
            return self.random.choice(["the", "the", "this"]) + " " + aspect.noun
        return aspect.noun if aspect.noun.startswith("my ") else f"the {aspect.noun}"

    def reference(self) -> str:
        """Return the standard of a comparison: most films, or of an aspect, in most films."""
        domain, subject = self.clause.domain, self.clause.subject
        plural = domain.plurals[subject.noun] if subject.is_entity else next(iter(domain.plurals.values()))
        reference = self.random.choice([f"most {plural}", *domain.references])
        return reference if subject.is_entity else f"{domain.comparison_preposition} {reference}"

    def _word(self, slot: str) -> str | None:
        word = self.clause.word
        match slot:
            case "word" | "base" | "event":
                return word.text
            case "past":
                return word.inflected
            case "other":
                return self.clause.second_word.text
            case "a word":
                return with_article(word.text)
            case "more":
                return comparative(word)
            case "participle":
                return self.clause.domain.participle
        return None

    def _noun_phrase(self, slot: str) -> str | None:
        word, subject = self.clause.word, self.clause.subject
        match slot:
            case "S":
                return self.definite(subject)
            case "I":
                return self.person.subject
            case "me":
                return self.person.object
            case "a word aspect":
                text = f"{word.text} {subject.noun}"
                return text if subject.plural or subject.mass else with_article(text)
            case "a more noun":
                return with_article(f"{comparative(word)} {subject.noun}")
            case "entity":
                return self.definite(self.random.choice(self.clause.domain.entities))
            case "reference":
                return self.reference()
        return None

    def _auxiliary(self, slot: str) -> str | None:
        match slot:
            case "was":
                return {"past": "was", "present": "is", "would": "would be"}[self.tense]
            case "have been":
                return "be" if self.tense == "present" else "have been"
            case "have":
                return {"past": "had", "present": "has", "would": "would have"}[self.tense]
            case "have not":
                return {"past": "did", "present": "does", "would": "would"}[self.tense] + " not have"
            case "fail":
                plural = self.clause.subject.plural
                return "failed" if self.tense == "past" else "fail" if plural else "fails"
        return None

    def _degree(self, slot: str) -> str | None:
        match slot:
            case "much":
                return self.random.choice(["", "", "far ", "much ", "a lot "])
            case "very":
                extreme = ["absolutely", "simply", "truly"]
                gradable = ["very", "really", "truly", "extremely", "remarkably"]
                return self.random.choice(extreme if self.clause.word.extreme else gradable)
            case "quite":
                return self.random.choice(["quite", "rather", "fairly", "pretty"])
            case "particularly":
                return self.random.choice(["very", "particularly", "exactly", "really", "all that"])
        return None

    def _inflected_verb(self) -> str:
        word = self.clause.word
        if self.tense == "past":
            return word.inflected
        return word.text if self._has_plural_subject() else third_person(word.text)

    def _has_plural_subject(self) -> bool:
        if self.clause.word.kind == "feeling":
            return self.person.subject in ("I", "they")
        return self.clause.subject.plural


def fill_slots(text: str, resolve: Callable[[str], str]) -> str:
    """Replace each pair of braces of a text by the text that `resolve` returns for its name."""
    return re.sub(r"\{([^}]*)\}", lambda braces: resolve(braces[1]), text)


def with_article(text: str) -> str:
    """Prepend the indefinite article: a gripping plot, an original plot, a useful course."""
    vowel = re.match("[aeio]|u(?!se)", text)
    return f"{'an' if vowel else 'a'} {text}"


def comparative(adjective: Word) -> str:
    """Return the comparative of an adjective: duller, more original."""
    return adjective.inflected or f"more {adjective.text}"


def third_person(verb: str) -> str:
    """Return the third person singular of the present: bores, impresses, annoys."""
    return verb + ("es" if re.search("(s|sh|ch|x|z)$", verb) else "s")


def _contract(text: str, random: Random) -> str:
    """Contract an initial *was not* to *wasn't* with probability 0.4."""
    return re.sub(r"^(\w+) not\b", r"\1n't", text) if random.random() < 0.4 else text

"""Draws clauses that mean something good, or something bad."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from random import Random

from .clauses import Clause
from .lexicon import (
    ADJECTIVES_OF,
    EFFECTS_OF,
    FEELING_LIST,
    FORMS_OF,
    NOUN_LIST,
    Aspect,
    Construction,
    Domain,
    Word,
)
from .vocabulary import ART

KINDS = {"adjective": 60, "effect": 12, "feeling": 12, "noun": 10, "event": 12}
NO_ASPECT = Aspect("")  # what an event is about is in its words


@dataclass(frozen=True)
class ClauseConstraints:
    """What a clause may be: kinds of words, needs that it must not have, and phenomena or names of
    forms (any, if empty); and whether it may be about the whole thing."""

    kinds: tuple[str, ...] = tuple(KINDS)
    barred: tuple[str, ...] = ()
    phenomena: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    whole: bool = True


@dataclass
class ClauseSampler:
    """Draws the clauses of one review: no subject and no word comes twice."""

    random: Random
    domain: Domain
    tense: str
    used: set[str] = field(default_factory=set)

    def clause(self, polarity: int, limits: ClauseConstraints, subjects: Collection[Aspect] = ()) -> Clause:
        """A clause within limits whose meaning has a polarity; about one of the subjects, if given."""
        while True:
            kind = self.weighted({kind: KINDS[kind] for kind in limits.kinds})
            subject = self._subject(kind, subjects, limits.whole)
            forms = _forms(kind, polarity, subject.whole, limits)
            if not forms or subject.noun in self.used:
                continue
            form = self.weighted(forms)
            words = self._words(kind, subject, polarity * form.sign, "gradable" in form.needs)
            if len(words) < 2:
                continue
            word, other = self.random.sample(words, 2)
            clause = Clause(form, word, other, subject, self.domain, self.tense)
            self.used |= {subject.noun, *clause.words()} - {""}
            return clause

    def weighted(self, options: dict):
        return self.random.choices(list(options), list(options.values()))[0]

    def _subject(self, kind: str, subjects: Collection[Aspect], whole: bool) -> Aspect:
        if kind == "event":
            return NO_ASPECT
        if subjects:
            return self.random.choice(list(subjects))
        if whole and (kind == "noun" or self.random.random() < 0.2):
            return self.random.choice(self.domain.entities)
        return self.random.choice(self.domain.aspects)

    def _words(self, kind: str, subject: Aspect, polarity: int, gradable: bool) -> list[Word]:
        """The words of a kind that can be said of a subject, and that are still unused."""
        match kind:
            case "event":
                words = [Word(event, "event", polarity) for event in self.domain.events[polarity]]
            case "adjective":
                # What suits the subject comes more often than what suits anything.
                common = not subject.classes or self.random.random() < 0.3
                classes = ("any",) if common else subject.classes
                words = [word for name in classes for word in ADJECTIVES_OF[name]]
            case "effect":
                words = EFFECTS_OF["any"] + EFFECTS_OF["art"] * bool(ART & set(subject.classes))
            case _:
                words = FEELING_LIST if kind == "feeling" else NOUN_LIST
        return [
            word
            for word in words
            if word.polarity == polarity and word.text not in self.used and not (gradable and word.extreme)
        ]


@cache
def _forms(kind: str, polarity: int, whole: bool, limits: ClauseConstraints) -> dict[Construction, int]:
    """The forms that fit, and how often each is drawn."""
    barred = {*limits.barred, "aspect" if whole else "whole"}
    return {
        form: form.weight
        for form in FORMS_OF[kind]
        if not barred & form.needs
        and ("positive" not in form.needs or polarity == form.sign)
        and (not limits.phenomena or form.phenomenon in limits.phenomena)
        and (not limits.forms or form.name in limits.forms)
    }

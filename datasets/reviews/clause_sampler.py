"""Sampler of clauses with a given polarity."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from random import Random

from ..weighted_choice import weighted_choice
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

# Weights of the kinds of polar words. The order of the entries is part of the random stream.
KINDS = {"adjective": 60, "effect": 12, "feeling": 12, "noun": 10, "event": 12}
NO_ASPECT = Aspect("")  # the text of an event contains its subject


@dataclass(frozen=True)
class ClauseConstraints:
    """Constraints on a sampled clause.

    Args:
        kinds: allowed kinds of polar words.
        barred: requirements that the form must not have.
        phenomena: allowed phenomena; all if empty.
        forms: names of the allowed forms; all if empty.
        allow_entity: whether the subject may be the reviewed entity.
    """

    kinds: tuple[str, ...] = tuple(KINDS)
    barred: tuple[str, ...] = ()
    phenomena: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    allow_entity: bool = True


@dataclass
class ClauseSampler:
    """Sampler of the clauses of one review; no subject and no polar word occurs twice."""

    random: Random
    domain: Domain
    tense: str
    used: set[str] = field(default_factory=set)

    def sample_clause(
        self, polarity: int, constraints: ClauseConstraints, subjects: Collection[Aspect] = ()
    ) -> Clause:
        """Sample a clause by rejection.

        Args:
            polarity: of the meaning of the clause, 1 or -1.
            constraints: on the form and the words.
            subjects: allowed subjects; those of the domain if empty.
        """
        while True:
            kind = weighted_choice(self.random, {kind: KINDS[kind] for kind in constraints.kinds})
            subject = self._sample_subject(kind, subjects, constraints.allow_entity)
            forms = _form_weights(kind, polarity, subject.is_entity, constraints)
            if not forms or subject.noun in self.used:
                continue
            form = weighted_choice(self.random, forms)
            words = self._unused_words(kind, subject, polarity * form.sign, "gradable" in form.needs)
            if len(words) < 2:
                continue
            word, second_word = self.random.sample(words, 2)
            clause = Clause(form, word, second_word, subject, self.domain, self.tense)
            self.used |= {subject.noun, *clause.words()} - {""}
            return clause

    def _sample_subject(self, kind: str, subjects: Collection[Aspect], allow_entity: bool) -> Aspect:
        if kind == "event":
            return NO_ASPECT
        if subjects:
            return self.random.choice(list(subjects))
        if allow_entity and (kind == "noun" or self.random.random() < 0.2):
            return self.random.choice(self.domain.entities)
        return self.random.choice(self.domain.aspects)

    def _unused_words(self, kind: str, subject: Aspect, polarity: int, gradable: bool) -> list[Word]:
        """Return the unused words of a kind and polarity that fit a subject."""
        return [
            word
            for word in self._words(kind, subject)
            if word.polarity == polarity and word.text not in self.used and not (gradable and word.extreme)
        ]

    def _words(self, kind: str, subject: Aspect) -> list[Word]:
        match kind:
            case "event":
                return [
                    Word(event, "event", polarity)
                    for polarity, events in self.domain.events.items()
                    for event in events
                ]
            case "adjective":
                # Adjectives of the subject's classes are more frequent than general ones.
                general = not subject.classes or self.random.random() < 0.3
                classes = ("any",) if general else subject.classes
                return [word for name in classes for word in ADJECTIVES_OF[name]]
            case "effect":
                return EFFECTS_OF["any"] + EFFECTS_OF["art"] * bool(ART & set(subject.classes))
            case "feeling":
                return FEELING_LIST
        return NOUN_LIST


@cache
def _form_weights(
    kind: str, polarity: int, is_entity: bool, constraints: ClauseConstraints
) -> dict[Construction, int]:
    """Return the allowed forms with their weights."""
    barred = {*constraints.barred, "aspect" if is_entity else "entity"}
    return {
        form: form.weight
        for form in FORMS_OF[kind]
        if not barred & form.needs
        and ("positive" not in form.needs or polarity == form.sign)
        and (not constraints.phenomena or form.phenomenon in constraints.phenomena)
        and (not constraints.forms or form.name in constraints.forms)
    }

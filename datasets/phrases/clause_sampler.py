"""Draws clauses: somebody does something to something, somewhere, at some time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from .aligned_words import Phrase, concatenate, parse_phrase
from .clauses import ESTAR, SER, Clause
from .determiners import with_preposition
from .lexicon import ADJECTIVES_OF, GIVING_LIST, VERB_LIST, Adjective, Verb
from .noun_phrases import PERSON, PRONOUNS, NounPhrase, NounPhraseSampler, Pronoun

# How often each tense is drawn.
TENSES = {"present": 8, "past": 9, "future": 4, "progressive": 3, "past progressive": 1,
          "imperfect": 1, "can": 1, "must": 1, "want": 1}  # fmt: skip
STATE_TENSES = {"present": 8, "past": 4}
BE_TENSES = {"present": 8, "past": 3, "future": 2}
ADVERBS = {
    "present": "never also always",
    "past": "never also already",
    "future": "never also",
    "progressive": "also still",
}
TIMES = {
    "past": ["yesterday|ontem:0", "last week|na:1 semana:1 passada:0",
             "last night|ontem:0 à:1 noite:1", "two years ago|há:2 dois:0 anos:1",
             "on Sunday|no:0 domingo:1", "in July|em:0 julho:1"],
    "present": ["today|hoje:0", "every day|todos:0 os dias:1", "at night|à:0 noite:1",
                "in the morning|de:0 manhã:2", "on Mondays|às:0 segundas-feiras:1",
                "every year|todos:0 os anos:1", "in summer|no:0 verão:1"],
    "future": ["tomorrow|amanhã:0", "next week|na:1 próxima:0 semana:1",
               "at three o'clock|às:0 três:1 horas:2", "on Sunday|no:0 domingo:1",
               "in winter|no:0 inverno:1", "in May|em:0 maio:1"],
    "progressive": ["now|agora:0", "at this moment|neste:0,1 momento:2"],
}  # fmt: skip
SPATIAL_PREPOSITIONS = ["near|perto:0 de:0", "behind|atrás:0 de:0", "in front of|em:0 frente:1 de:2",
          "next to|ao:0 lado:0 de:1"]  # fmt: skip
MOTION_VERBS = ("run", "walk", "travel")
LOCATIONS = ("place", "outdoors")
SURFACES = ("furniture", "container")


@dataclass
class ClauseSampler:
    """Draws clauses; `traits` collects what they are composed of."""

    random: Random
    nouns: NounPhraseSampler = field(init=False)
    traits: set[Any] = field(default_factory=set)

    def __post_init__(self):
        self.nouns = NounPhraseSampler(self.random)

    def action(
        self,
        verb: Verb | None = None,
        subject: NounPhrase | None = None,
        question: bool = False,
        proclisis: bool = False,
    ) -> Clause:
        """Somebody does something."""
        verb = verb or self.random.choice(VERB_LIST)
        subject = subject or self.nouns.subject(verb.subjects)
        negated = not question and self.bernoulli(0.2)
        tense = self.tense(verb, plain=not (question or negated))
        adverbs = ADVERBS.get(tense, "").split()
        plain = not (question or negated or proclisis)
        return Clause(
            subject,
            verb,
            tense,
            object=self._object(verb, subject),
            receiver=self._receiver(subject) if verb in GIVING_LIST else None,
            complement=self.place(LOCATIONS) if verb.pt == "morar" else Phrase([], []),
            negated=negated,
            adverb=self.random.choice(adverbs) if plain and adverbs and self.bernoulli(0.15) else "",
            question=question,
            proclisis=proclisis,
        )

    def tense(self, verb: Verb, plain: bool) -> str:
        """A tense that the verb has, and that English shows."""
        tenses = STATE_TENSES if verb.state else TENSES
        barred = set() if plain else {"imperfect", "want", "must"}
        if plain and verb.en == verb.past:
            barred.add("past")  # they read: today or yesterday?
        if verb.pt == "ir":
            barred |= {"future", "progressive", "past progressive"}
        return self.sample_weighted({t: weight for t, weight in tenses.items() if t not in barred})

    def copular_clause(self, verb: Verb, subject: NounPhrase, complement: Phrase, question=False) -> Clause:
        """Somebody or something is somehow or somewhere."""
        negated = not question and self.bernoulli(0.2)
        plain = not (question or negated)
        adverb = self.random.choice(["always", "also", "never"]) if self.bernoulli(0.05) else ""
        tense = self.sample_weighted(BE_TENSES)
        return Clause(subject, verb, tense, complement=complement, negated=negated,
                      adverb=adverb if plain else "", question=question)  # fmt: skip

    def adjective_clause(self, subject: NounPhrase, question: bool = False) -> Clause:
        """Somebody or something has a quality (ser) or is in a state (estar)."""
        adjective = self.random.choice([a for a in ADJECTIVES_OF[subject.kind] if not a.definite_only])
        if subject.noun:
            self.traits.add(("adjective", adjective.en, subject.noun))
        form = _agreed(adjective, subject)
        if adjective.en.islower() and self.bernoulli(0.2):
            complement = parse_phrase(f"very {adjective.en}", f"muito:0 {form}:1")
        else:
            complement = parse_phrase(adjective.en, f"{form}:0")
        return self.copular_clause(ESTAR if adjective.temporary else SER, subject, complement, question)

    def comparative_clause(self, subject: NounPhrase, adjective: Adjective, comparative: str) -> Clause:
        """Taller than his sister, more expensive than the hat."""
        form = _agreed(adjective, subject)
        last = len(comparative.split()) - 1
        degree = parse_phrase(comparative, f"mais:0 {form}:{last}")
        other = self.nouns.noun_phrase([subject.kind])
        than = parse_phrase("than", "do:0 que:0")
        return self.copular_clause(SER, subject, concatenate(degree, than, Phrase(other.en, other.pt)))

    def place(self, kinds: Iterable[str], verb: Verb | None = None) -> Phrase:
        """On the table; near the church; through the park."""
        noun = self.nouns.pick(kinds)
        mine = "my your our" if kinds is SURFACES else ""
        determiner = self.random.choice(f"the the the the this that a {mine}".split())
        place = self.nouns.build(noun, determiner, False)
        if verb and verb.en in MOTION_VERBS and self.bernoulli(0.5):
            relation = parse_phrase("through", "por:0")
        elif noun.kind == "place" and self.bernoulli(0.4):
            relation = self.sample_fixed_phrase(SPATIAL_PREPOSITIONS)
        else:
            relation = parse_phrase(noun.place, "em:0")
        *before, last = relation.pt
        return Phrase([*relation.en, *place.en], [*before, *with_preposition(last, place.pt)])

    def with_adjunct(self, clause: Clause, bernoulli: float = 0.35) -> Phrase:
        """A clause with a place, or a time, or neither."""
        body, verb = self.realize_clause(clause), clause.verb
        if verb.state:
            return body
        if not verb.particle and self.bernoulli(0.2):
            return concatenate(body, self.place(LOCATIONS, verb))
        if clause.tense in TIMES and self.bernoulli(bernoulli):
            return concatenate(body, self.sample_fixed_phrase(TIMES[clause.tense]))
        return body

    def realize_clause(self, clause: Clause) -> Phrase:
        """Writes a clause and notes what it is made of."""
        if isinstance(clause.object, NounPhrase) and clause.object.noun:
            self.traits.add(("object", clause.verb.name, clause.object.noun))
        self.traits.add(clause.traits())
        return clause.realize()

    def sample_fixed_phrase(self, options: list[str]) -> Phrase:
        """One of the fixed phrases."""
        return parse_phrase(*self.random.choice(options).split("|"))

    def verb(self, fits: Callable[[Verb], Any]) -> Verb:
        """A verb that fits."""
        return self.random.choice([verb for verb in VERB_LIST if fits(verb)])

    def bernoulli(self, probability: float) -> bool:
        return self.random.random() < probability

    def sample_weighted(self, options: dict) -> Any:
        return self.random.choices(list(options), list(options.values()))[0]

    def _object(self, verb: Verb, subject: NounPhrase) -> NounPhrase | Pronoun | None:
        if "people" in verb.objects and self.bernoulli(0.5):
            return self._pronoun_for(subject)
        if verb.objects:
            return self.nouns.noun_phrase(verb.objects, bare=not verb.preposition)
        return None

    def _receiver(self, subject: NounPhrase) -> NounPhrase | Pronoun:
        if self.bernoulli(0.5):
            return self._pronoun_for(subject)
        return self.nouns.name() if self.bernoulli(0.3) else self.nouns.noun_phrase(PERSON)

    def _pronoun_for(self, subject: NounPhrase) -> Pronoun:
        """An object pronoun that cannot be the subject itself: not I with me, nor we with me."""
        own = subject.person[0]
        return self.random.choice([p for p in PRONOUNS if p.person[0] == "3" or p.person[0] != own])


def _agreed(adjective: Adjective, subject: NounPhrase) -> str:
    return adjective.agree(subject.gender, subject.person == "3p")

"""Sampler of clauses: subject, verb, tense, objects and adjuncts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from ..weighted_choice import weighted_choice
from .aligned_words import Phrase, concatenate, parse_phrase
from .clauses import ESTAR, SER, Clause
from .compositions import Trait
from .determiners import with_preposition
from .lexicon import ADJECTIVES_OF, DITRANSITIVE_LIST, VERB_LIST, Adjective, Verb
from .noun_phrase_sampler import NounPhraseSampler
from .noun_phrases import PERSON, PRONOUNS, NounPhrase, Pronoun

# Weights of the tenses. The order of the entries is part of the random stream.
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
# Semantic classes of the nouns of a locative phrase.
LOCATIONS = ("place", "outdoors")
SURFACES = ("furniture", "container")


@dataclass
class ClauseSampler:
    """Sampler of clauses; `traits` collects the compositions of the sampled clauses."""

    random: Random
    noun_phrases: NounPhraseSampler = field(init=False)
    traits: set[Trait] = field(default_factory=set)

    def __post_init__(self):
        self.noun_phrases = NounPhraseSampler(self.random)

    def action_clause(
        self,
        verb: Verb | None = None,
        subject: NounPhrase | None = None,
        question: bool = False,
        proclisis: bool = False,
    ) -> Clause:
        """Sample a clause with an action verb.

        Args:
            verb: the verb, sampled if None.
            subject: the subject, sampled if None.
            question: makes a question; questions have neither negation nor adverb.
            proclisis: moves an object pronoun before the Portuguese verb.
        """
        verb = verb or self.random.choice(VERB_LIST)
        subject = subject or self.noun_phrases.sample_subject(verb.subjects)
        negated = not question and self.bernoulli(0.2)
        tense = self.sample_tense(verb, affirmative=not (question or negated))
        adverbs = ADVERBS.get(tense, "").split()
        allow_adverb = bool(adverbs) and not (question or negated or proclisis)
        return Clause(
            subject,
            verb,
            tense,
            direct_object=self._sample_direct_object(verb, subject),
            indirect_object=self._sample_indirect_object(subject) if verb in DITRANSITIVE_LIST else None,
            complement=self.locative_phrase(LOCATIONS) if verb.pt == "morar" else Phrase([], []),
            negated=negated,
            adverb=self.random.choice(adverbs) if allow_adverb and self.bernoulli(0.15) else "",
            question=question,
            proclisis=proclisis,
        )

    def sample_tense(self, verb: Verb, affirmative: bool) -> str:
        """Sample a tense that the verb has and that the English form marks unambiguously."""
        tenses = STATE_TENSES if verb.state else TENSES
        excluded = set() if affirmative else {"imperfect", "want", "must"}
        if affirmative and verb.en == verb.past:
            excluded.add("past")  # "they read" may be present or past
        if verb.pt == "ir":
            excluded |= {"future", "progressive", "past progressive"}
        return weighted_choice(
            self.random, {tense: weight for tense, weight in tenses.items() if tense not in excluded}
        )

    def copular_clause(
        self, verb: Verb, subject: NounPhrase, complement: Phrase, question: bool = False
    ) -> Clause:
        """Sample a clause with *be*, `SER` or `ESTAR`, and a complement."""
        negated = not question and self.bernoulli(0.2)
        adverb = self.random.choice(["always", "also", "never"]) if self.bernoulli(0.05) else ""
        tense = weighted_choice(self.random, BE_TENSES)
        return Clause(
            subject,
            verb,
            tense,
            complement=complement,
            negated=negated,
            adverb="" if question or negated else adverb,
            question=question,
        )

    def adjective_clause(self, subject: NounPhrase, question: bool = False) -> Clause:
        """Sample a clause with a predicative adjective: a quality (ser) or a state (estar)."""
        options = [option for option in ADJECTIVES_OF[subject.kind] if not option.definite_only]
        adjective = self.random.choice(options)
        if subject.noun:
            self.traits.add(("adjective", adjective.en, subject.noun))
        form = _agree(adjective, subject)
        if adjective.en.islower() and self.bernoulli(0.2):
            complement = parse_phrase(f"very {adjective.en}", f"muito:0 {form}:1")
        else:
            complement = parse_phrase(adjective.en, f"{form}:0")
        return self.copular_clause(ESTAR if adjective.temporary else SER, subject, complement, question)

    def comparative_clause(self, subject: NounPhrase, adjective: Adjective, comparative: str) -> Clause:
        """Sample a comparison with a noun phrase of the subject's class: is taller than his sister."""
        form = _agree(adjective, subject)
        last = len(comparative.split()) - 1
        degree = parse_phrase(comparative, f"mais:0 {form}:{last}")
        standard = self.noun_phrases.sample_noun_phrase([subject.kind])
        than = parse_phrase("than", "do:0 que:0")
        complement = concatenate(degree, than, Phrase(standard.en, standard.pt))
        return self.copular_clause(SER, subject, complement)

    def locative_phrase(self, kinds: tuple[str, ...], verb: Verb | None = None) -> Phrase:
        """Sample a prepositional phrase: on the table, near the church, through the park.

        Args:
            kinds: semantic classes of the noun, `LOCATIONS` or `SURFACES`.
            verb: verbs of motion also allow *through*.
        """
        noun = self.noun_phrases.sample_noun(kinds)
        possessives = "my your our" if kinds == SURFACES else ""
        determiner = self.random.choice(f"the the the the this that a {possessives}".split())
        location = self.noun_phrases.build_noun_phrase(noun, determiner, False)
        if verb and verb.en in MOTION_VERBS and self.bernoulli(0.5):
            preposition = parse_phrase("through", "por:0")
        elif noun.kind == "place" and self.bernoulli(0.4):
            preposition = self.sample_fixed_phrase(SPATIAL_PREPOSITIONS)
        else:
            preposition = parse_phrase(noun.preposition, "em:0")
        *leading, last = preposition.pt
        return Phrase([*preposition.en, *location.en], [*leading, *with_preposition(last, location.pt)])

    def with_adjunct(self, clause: Clause, probability: float = 0.35) -> Phrase:
        """Realize a clause with a locative phrase, a time phrase or neither.

        Args:
            clause: the clause.
            probability: of a time phrase, where the tense has one.
        """
        body, verb = self.realize_clause(clause), clause.verb
        if verb.state:
            return body
        if not verb.particle and self.bernoulli(0.2):
            return concatenate(body, self.locative_phrase(LOCATIONS, verb))
        if clause.tense in TIMES and self.bernoulli(probability):
            return concatenate(body, self.sample_fixed_phrase(TIMES[clause.tense]))
        return body

    def realize_clause(self, clause: Clause) -> Phrase:
        """Realize a clause and record its traits."""
        if isinstance(clause.direct_object, NounPhrase) and clause.direct_object.noun:
            self.traits.add(("object", clause.verb.name, clause.direct_object.noun))
        self.traits.add(clause.traits())
        return clause.realize()

    def sample_fixed_phrase(self, options: list[str]) -> Phrase:
        """Sample one of the fixed phrases `english|portuguese`, see `parse_phrase`."""
        return parse_phrase(*self.random.choice(options).split("|"))

    def sample_verb(self, predicate: Callable[[Verb], object]) -> Verb:
        """Sample a verb that satisfies a predicate."""
        return self.random.choice([verb for verb in VERB_LIST if predicate(verb)])

    def bernoulli(self, probability: float) -> bool:
        """Return True with a probability."""
        return self.random.random() < probability

    def _sample_direct_object(self, verb: Verb, subject: NounPhrase) -> NounPhrase | Pronoun | None:
        if "people" in verb.objects and self.bernoulli(0.5):
            return self._sample_object_pronoun(subject)
        if verb.objects:
            return self.noun_phrases.sample_noun_phrase(verb.objects, bare=not verb.preposition)
        return None

    def _sample_indirect_object(self, subject: NounPhrase) -> NounPhrase | Pronoun:
        if self.bernoulli(0.5):
            return self._sample_object_pronoun(subject)
        if self.bernoulli(0.3):
            return self.noun_phrases.sample_name()
        return self.noun_phrases.sample_noun_phrase(PERSON)

    def _sample_object_pronoun(self, subject: NounPhrase) -> Pronoun:
        """Sample an object pronoun that cannot corefer with the subject: not I with me or us."""
        options = [
            pronoun
            for pronoun in PRONOUNS
            if pronoun.person[0] == "3" or pronoun.person[0] != subject.person[0]
        ]
        return self.random.choice(options)


def _agree(adjective: Adjective, subject: NounPhrase) -> str:
    return adjective.agree(subject.gender, subject.person == "3p")

"""Clauses in both languages: tense, negation, questions, objects and clitic placement.

English uses auxiliaries (*didn't buy*), Portuguese endings (*não comprou*). An object pronoun
follows the Portuguese verb (enclisis: *vê-o*, *vai vê-lo*). A negation, some adverbs, a question
word or *que* move it before the verb (proclisis: *não o vê*, *não o vai ver*).
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from . import english
from .aligned_words import Phrase, Word
from .determiners import with_preposition
from .lexicon import Verb
from .noun_phrases import NounPhrase, Pronoun
from .portuguese import attach_clitic, conjugate

# The Portuguese auxiliary of a compound tense, and the tense of that auxiliary.
AUXILIARIES = {
    "future": ("ir", "present"),
    "can": ("poder", "present"),
    "must": ("dever", "present"),
    "want": ("querer", "present"),
    "progressive": ("estar", "present"),
    "past progressive": ("estar", "imperfect"),
}
SIMPLE_TENSES = {"present": "present", "past": "preterite", "imperfect": "imperfect"}
REFLEXIVE_PRONOUNS = {"1s": "me", "2s": "te", "3s": "se", "1p": "nos", "3p": "se"}
PROCLISIS_ADVERBS = {"never": "nunca", "also": "também", "already": "já", "still": "ainda"}
POSTVERBAL_ADVERBS = {"always": "sempre"}
STEMS_BEFORE_NT = {"will": "wo", "can": "ca"}  # won't, can't

SER = Verb("be", "", "ser", state=True)
ESTAR = replace(SER, pt="estar")


class VerbGroup(NamedTuple):
    """An English verb group: the auxiliary of *n't* and of questions, if any, and the main verb."""

    auxiliary: list[Word]
    main: list[Word]


@dataclass
class Clause:
    """The parts of a clause; `realize` returns it in both languages."""

    subject: NounPhrase
    verb: Verb
    tense: str
    direct_object: NounPhrase | Pronoun | None = None
    indirect_object: NounPhrase | Pronoun | None = None
    complement: Phrase = field(default_factory=lambda: Phrase([], []))
    negated: bool = False
    adverb: str = ""
    question: bool = False
    proclisis: bool = False

    def traits(self) -> frozenset[str]:
        """Return the constructions that the clause combines."""
        pronoun = isinstance(self.direct_object, Pronoun) or isinstance(self.indirect_object, Pronoun)
        constructions = {
            "negation": self.negated,
            "adverb": bool(self.adverb),
            "question": self.question,
            "proclisis": self.proclisis or self.subject.triggers_proclisis,
            "pronoun": pronoun,
            self.tense: True,
        }
        return frozenset(name for name, present in constructions.items() if present)

    def realize(self) -> Phrase:
        """Return the clause in both languages, without its final mark."""
        auxiliary, main = self._verb_group()
        negation = [Word(_negation(auxiliary))] if self.negated else []
        if negation and negation[0].text == "n't":
            auxiliary = [Word(STEMS_BEFORE_NT.get(word.text, word.text)) for word in auxiliary]
        adverb = [Word(self.adverb)] if self.adverb else []
        particle = [Word(word) for word in self.verb.particle.split()]
        objects, clitic = self._objects(particle)
        subject = self.subject.en
        opening = [*auxiliary, *subject] if self.question else [*subject, *auxiliary]
        en = [*opening, *negation, *adverb, *main, *particle, *objects.en, *self.complement.en]
        sources = main if self.verb.preposition else main + particle
        verb = self._portuguese_verb(VerbGroup(auxiliary, sources), negation, adverb, clitic)
        return Phrase(en, [*self.subject.pt, *verb, *objects.pt, *self.complement.pt])

    def _verb_group(self) -> VerbGroup:
        verb, tense, person = self.verb, self.tense, self.subject.person
        if tense in ("future", "can", "must"):
            return VerbGroup([Word("will" if tense == "future" else tense)], [Word(verb.en)])
        if tense == "imperfect":
            return VerbGroup([], [Word("used"), Word("to"), Word(verb.en)])
        if "progressive" in tense:
            be = english.be("past" if "past" in tense else "present", person)
            return VerbGroup([Word(be)], [Word(english.participle(verb.en))])
        if verb.en == "be":
            return VerbGroup([Word(english.be(tense, person))], [])
        finite, *infinitive = ["want", "to", verb.en] if tense == "want" else [verb.en]
        auxiliary = []
        if self.question or self.negated:
            do = "did" if tense == "past" else "does" if person == "3s" else "do"
            auxiliary = [Word(do)]
        elif tense == "past":
            finite = verb.past
        elif person == "3s":
            finite = english.third_person(finite)
        return VerbGroup(auxiliary, [Word(finite), *map(Word, infinitive)])

    def _objects(self, particle: list[Word]) -> tuple[Phrase, Word | None]:
        """Return the objects after the verb, and the Portuguese clitic pronoun, if any."""
        direct, clitic = self._direct_object(particle)
        if isinstance(self.indirect_object, Pronoun):
            word = Word(self.indirect_object.object)
            dative = Word(self.indirect_object.dative, (word,))
            return Phrase([word, *direct.en], direct.pt), dative
        if isinstance(self.indirect_object, NounPhrase):
            to = Word("to")
            indirect = with_preposition(Word("a", (to,)), self.indirect_object.pt)
            return Phrase([*direct.en, to, *self.indirect_object.en], [*direct.pt, *indirect]), clitic
        return direct, clitic

    def _direct_object(self, particle: list[Word]) -> tuple[Phrase, Word | None]:
        if self.direct_object is None:
            reflexive = Word(REFLEXIVE_PRONOUNS[self.subject.person]) if self.verb.reflexive else None
            return Phrase([], []), reflexive
        if isinstance(self.direct_object, NounPhrase):
            en, pt = self.direct_object.en, self.direct_object.pt
        else:
            en = [Word(self.direct_object.object)]
            pt = [Word(self.direct_object.stressed, tuple(en))]
            if not self.verb.preposition:
                return Phrase(en, []), Word(self.direct_object.accusative, tuple(en))
        if self.verb.preposition:
            pt = with_preposition(Word(self.verb.preposition, tuple(particle)), pt)
        return Phrase(en, pt), None

    def _portuguese_verb(
        self, group: VerbGroup, negation: list[Word], adverb: list[Word], clitic: Word | None
    ) -> list[Word]:
        """Return the Portuguese verb with its negation, adverb and clitic pronoun."""
        finite, infinitive = self._inflect(group)
        before = [Word("não", tuple(negation))] if negation else []
        after = []
        for word in adverb:
            if word.text in PROCLISIS_ADVERBS:
                before.append(Word(PROCLISIS_ADVERBS[word.text], (word,)))
            else:
                after.append(Word(POSTVERBAL_ADVERBS[word.text], (word,)))
        if clitic and (before or self.proclisis or self.subject.triggers_proclisis):
            before.append(clitic)
        elif clitic:
            *leading, host = [finite, *infinitive]
            verb, suffix = attach_clitic(host.text, clitic.text, infinitive=bool(infinitive))
            return [*before, *leading, Word(verb, host.sources), Word(suffix, clitic.sources), *after]
        return [*before, finite, *infinitive, *after]

    def _inflect(self, group: VerbGroup) -> tuple[Word, list[Word]]:
        """Return the finite verb, which also renders a dropped subject, and its infinitive."""
        verb, person, dropped_pronoun = self.verb, self.subject.person, self.subject.dropped_pronoun
        if self.tense not in AUXILIARIES:
            past_state = self.tense == "past" and verb.state
            tense = "imperfect" if past_state else SIMPLE_TENSES[self.tense]
            sources = (*dropped_pronoun, *group.auxiliary, *group.main)
            return Word(conjugate(verb.pt, tense, person), sources), []
        auxiliary, tense = AUXILIARIES[self.tense]
        num_finite = 1 if self.tense == "want" else 0  # *want* is a main verb in English
        sources = (*group.auxiliary, *group.main[:num_finite])
        finite = Word(conjugate(auxiliary, tense, person), (*dropped_pronoun, *sources))
        infinitive = Word(verb.pt, tuple(group.main[num_finite:]))
        return finite, [Word("a", sources), infinitive] if auxiliary == "estar" else [infinitive]


def _negation(auxiliary: list[Word]) -> str:
    return "not" if auxiliary[0].text == "am" else "n't"

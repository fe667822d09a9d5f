"""A clause in both languages: who does what, when, and whether at all.

English builds with helpers (*didn't buy*), Portuguese with endings (*não comprou*). An object
pronoun follows the Portuguese verb (*vê-o*, *vai vê-lo*), unless a negation, some adverbs, a
question word or *que* attracts it to the front (*não o vê*, *não o vai ver*).
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

from . import english
from .aligned_words import Phrase, Word
from .determiners import with_preposition
from .lexicon import Verb
from .noun_phrases import NounPhrase, Pronoun
from .portuguese import attach, conjugate

# The Portuguese helper of a compound tense, and the tense that the helper takes.
HELPERS = {
    "future": ("ir", "present"),
    "can": ("poder", "present"),
    "must": ("dever", "present"),
    "want": ("querer", "present"),
    "progressive": ("estar", "present"),
    "past progressive": ("estar", "imperfect"),
}
SIMPLE = {"present": "present", "past": "preterite", "imperfect": "imperfect"}
REFLEXIVE = {"1s": "me", "2s": "te", "3s": "se", "1p": "nos", "3p": "se"}
ATTRACTING = {"never": "nunca", "also": "também", "already": "já", "still": "ainda"}
POSTVERBAL_ADVERBS = {"always": "sempre"}
SHORT_NEGATION = {"will": "wo", "can": "ca"}

SER = Verb("be", "", "ser", state=True)
ESTAR = replace(SER, pt="estar")


class Group(NamedTuple):
    """An English verb group: the helper that n't and questions use, if any, and the rest."""

    helper: list[Word]
    main: list[Word]


@dataclass
class Clause:
    """What a clause says. `realize` says it in both languages."""

    subject: NounPhrase
    verb: Verb
    tense: str
    object: NounPhrase | Pronoun | None = None
    receiver: NounPhrase | Pronoun | None = None
    complement: Phrase = field(default_factory=lambda: Phrase([], []))
    negated: bool = False
    adverb: str = ""
    question: bool = False
    proclisis: bool = False

    def traits(self) -> frozenset[str]:
        """The constructions that the clause combines."""
        pronouns = isinstance(self.object, Pronoun), isinstance(self.receiver, Pronoun)
        present = {
            "negation": self.negated,
            "adverb": bool(self.adverb),
            "question": self.question,
            "attraction": self.proclisis or self.subject.triggers_proclisis,
            "pronoun": any(pronouns),
            self.tense: True,
        }
        return frozenset(name for name, holds in present.items() if holds)

    def realize(self) -> Phrase:
        """The clause in both languages, without its final mark."""
        helper, main = self._group()
        negation = [Word(_not(helper))] if self.negated else []
        if negation and negation[0].text == "n't":
            helper = [Word(SHORT_NEGATION.get(word.text, word.text)) for word in helper]
        adverb = [Word(self.adverb)] if self.adverb else []
        particle = [Word(word) for word in self.verb.particle.split()]
        objects, clitic = self._objects(particle)
        subject = self.subject.en
        opening = [*helper, *subject] if self.question else [*subject, *helper]
        en = [*opening, *negation, *adverb, *main, *particle, *objects.en, *self.complement.en]
        rendered = main if self.verb.preposition else main + particle
        verb = self._verb(Group(helper, rendered), negation, adverb, clitic)
        return Phrase(en, [*self.subject.pt, *verb, *objects.pt, *self.complement.pt])

    def _group(self) -> Group:
        verb, tense, person = self.verb, self.tense, self.subject.person
        if tense in ("future", "can", "must"):
            return Group([Word("will" if tense == "future" else tense)], [Word(verb.en)])
        if tense == "imperfect":
            return Group([], [Word("used"), Word("to"), Word(verb.en)])
        if "progressive" in tense:
            be = english.be("past" if "past" in tense else "present", person)
            return Group([Word(be)], [Word(english.participle(verb.en))])
        if verb.en == "be":
            return Group([Word(english.be(tense, person))], [])
        first, *rest = ["want", "to", verb.en] if tense == "want" else [verb.en]
        helper = []
        if self.question or self.negated:
            do = "did" if tense == "past" else "does" if person == "3s" else "do"
            helper = [Word(do)]
        elif tense == "past":
            first = verb.past
        elif person == "3s":
            first = english.third_person(first)
        return Group(helper, [Word(first), *map(Word, rest)])

    def _objects(self, particle: list[Word]) -> tuple[Phrase, Word | None]:
        """What follows the verb, and the Portuguese pronoun that may not stay there."""
        thing, clitic = self._thing(particle)
        if isinstance(self.receiver, Pronoun):
            word = Word(self.receiver.object)
            return Phrase([word, *thing.en], thing.pt), Word(self.receiver.dative, (word,))
        if isinstance(self.receiver, NounPhrase):
            to = Word("to")
            receiver = with_preposition(Word("a", (to,)), self.receiver.pt)
            return Phrase([*thing.en, to, *self.receiver.en], [*thing.pt, *receiver]), clitic
        return thing, clitic

    def _thing(self, particle: list[Word]) -> tuple[Phrase, Word | None]:
        if self.object is None:
            reflexive = Word(REFLEXIVE[self.subject.person]) if self.verb.reflexive else None
            return Phrase([], []), reflexive
        if isinstance(self.object, NounPhrase):
            en, pt = self.object.en, self.object.pt
        else:
            en = [Word(self.object.object)]
            pt = [Word(self.object.stressed, tuple(en))]
            if not self.verb.preposition:
                return Phrase(en, []), Word(self.object.accusative, tuple(en))
        if self.verb.preposition:
            pt = with_preposition(Word(self.verb.preposition, tuple(particle)), pt)
        return Phrase(en, pt), None

    def _verb(self, group: Group, negation, adverb, clitic: Word | None) -> list[Word]:
        """The Portuguese verb with everything that clings to it."""
        finite, rest = self._inflected(group)
        before = [Word("não", tuple(negation))] if negation else []
        after = []
        for word in adverb:
            known = ATTRACTING if word.text in ATTRACTING else POSTVERBAL_ADVERBS
            side = before if known is ATTRACTING else after
            side.append(Word(known[word.text], (word,)))
        if clitic and (before or self.proclisis or self.subject.triggers_proclisis):
            before.append(clitic)
        elif clitic:
            last = rest[-1] if rest else finite
            verb, ending = attach(last.text, clitic.text, infinitive=bool(rest))
            attached = [Word(verb, last.sources), Word(ending, clitic.sources)]
            return [*before, *[finite, *rest][:-1], *attached, *after]
        return [*before, finite, *rest, *after]

    def _inflected(self, group: Group) -> tuple[Word, list[Word]]:
        """The finite word, which also renders a dropped subject, and its infinitive."""
        verb, person, dropped_pronoun = self.verb, self.subject.person, self.subject.dropped_pronoun
        if self.tense not in HELPERS:
            past_state = self.tense == "past" and verb.state
            tense = "imperfect" if past_state else SIMPLE[self.tense]
            sources = (*dropped_pronoun, *group.helper, *group.main)
            return Word(conjugate(verb.pt, tense, person), sources), []
        helper, tense = HELPERS[self.tense]
        wanting = 1 if self.tense == "want" else 0
        sources = (*group.helper, *group.main[:wanting])
        finite = Word(conjugate(helper, tense, person), (*dropped_pronoun, *sources))
        infinitive = Word(verb.pt, tuple(group.main[wanting:]))
        return finite, [Word("a", sources), infinitive] if helper == "estar" else [infinitive]


def _not(helper: list[Word]) -> str:
    return "not" if helper[0].text == "am" else "n't"

"""A clause that says something polar: a form of the table, filled in."""

import re
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from .lexicon import Aspect, Construction, Domain, Word


class Person(NamedTuple):
    """Who judges: the reviewer, or somebody quoted."""

    subject: str
    object: str


REVIEWER = Person("I", "me")


@dataclass(frozen=True)
class Clause:
    """What a clause is made of; `write` says it. `tense` is past, present or would."""

    form: Construction
    word: Word
    other: Word
    subject: Aspect
    domain: Domain
    tense: str

    @property
    def polarity(self) -> int:
        """1 if what the clause means is good, -1 if it is bad."""
        return self.form.sign * self.word.polarity

    def words(self) -> list[str]:
        """The polar words in it: one, or with some forms two."""
        return [self.word.text, self.other.text][: 1 + ("{other}" in self.form.text)]

    def write(self, random: Random, person: Person = REVIEWER, tense: str = "") -> str:
        """The marked text, without capital or full stop."""
        tense = tense or ("past" if self.word.kind == "feeling" else self.tense)
        return fill(self.form.text, Slots(self, random, person, tense).find)

    def ask(self, random: Random) -> str:
        """The plain form as a question."""
        slots = Slots(self, random, REVIEWER, "past" if self.word.kind == "feeling" else self.tense)
        do = slots.auxiliary("do")
        return fill(
            {
                "adjective": "{be} {S} [{word}]",
                "noun": "{be} {S} [{a word}]",
                "effect": f"{do} {{S}} [{{base}}] {{me}}",
                "feeling": f"{do} {{I}} [{{base}}] {{S}}",
            }[self.word.kind],
            slots.find,
        )

    def name(self) -> str:
        """What the plain form is about, as a thing: a gripping plot, a masterpiece."""
        text = self.word.text if self.word.kind == "noun" else f"{self.word.text} {self.subject.noun}"
        return f"[{text if self.subject.plural or self.subject.mass else with_article(text)}]"


@dataclass
class Slots:
    """Finds what stands in each pair of braces of a form."""

    clause: Clause
    random: Random
    person: Person
    tense: str

    def find(self, slot: str) -> str:
        c, word, noun = self.clause, self.clause.word, self.clause.subject.noun
        head, _, rest = slot.partition(" ")
        if head in ("be", "verb", "not"):
            return self.verb(head, rest)
        plain = c.subject.plural or c.subject.mass
        match slot:
            case "S":
                return self.named(c.subject)
            case "I":
                return self.person.subject
            case "me":
                return self.person.object
            case "word" | "base" | "event":
                return word.text
            case "past":
                return word.inflected
            case "other":
                return c.other.text
            case "a word":
                return with_article(word.text)
            case "a word aspect":
                return f"{word.text} {noun}" if plain else with_article(f"{word.text} {noun}")
            case "more":
                return comparative(word)
            case "a more noun":
                return with_article(f"{comparative(word)} {noun}")
            case "was":
                return {"past": "was", "present": "is", "would": "would be"}[self.tense]
            case "have been":
                return "be" if self.tense == "present" else "have been"
            case "have":
                return {"past": "had", "present": "has", "would": "would have"}[self.tense]
            case "have not":
                return {"past": "did", "present": "does", "would": "would"}[self.tense] + " not have"
            case "fail":
                return "failed" if self.tense == "past" else "fail" if c.subject.plural else "fails"
            case "whole":
                return self.named(self.random.choice(c.domain.entities))
            case "seen":
                return c.domain.seen
            case "reference":
                return self.reference()
            case "much":
                return self.random.choice(["", "", "far ", "much ", "a lot "])
            case "very":
                extreme = ["absolutely", "simply", "truly"]
                degrees = ["very", "really", "truly", "extremely", "remarkably"]
                return self.random.choice(extreme if word.extreme else degrees)
            case "quite":
                return self.random.choice(["quite", "rather", "fairly", "pretty"])
            case "particularly":
                return self.random.choice(["very", "particularly", "exactly", "really", "all that"])
        raise KeyError(slot)

    def verb(self, head: str, adverb: str) -> str:
        """A finite form, with what stands beside it: was not, never bored, did not bore."""
        if head == "be":
            if self.tense != "would":
                be = f"{self.auxiliary('be')} {adverb}"
            else:
                be = "would be neither" if adverb == "neither" else f"would {adverb} be"
            return _shortened(" ".join(be.split()), self.random)
        if head == "not":
            auxiliary = "would" if self.tense == "would" else self.auxiliary("do")
            return _shortened(f"{auxiliary} not {self.clause.word.text}", self.random)
        if self.tense == "would":
            return " ".join(f"would {adverb} {self.clause.word.text}".split())
        return f"{adverb} {self._finite()}".strip()

    def auxiliary(self, verb: str) -> str:
        """was, were, is, are; did, does, do."""
        plural = self._plural()
        if verb == "be":
            return {"past": ("was", "were"), "present": ("is", "are")}[self.tense][plural]
        return "did" if self.tense == "past" else ("does", "do")[plural]

    def named(self, aspect: Aspect) -> str:
        if aspect.whole:
            return self.random.choice(["the", "the", "this"]) + " " + aspect.noun
        return aspect.noun if aspect.noun.startswith("my ") else f"the {aspect.noun}"

    def reference(self) -> str:
        """What it is compared with: most films; in most films, if a part is compared."""
        domain, subject = self.clause.domain, self.clause.subject
        plural = domain.plurals[subject.noun] if subject.whole else next(iter(domain.plurals.values()))
        other = self.random.choice([f"most {plural}", *domain.others])
        return other if subject.whole else f"{domain.compared} {other}"

    def _finite(self) -> str:
        word = self.clause.word
        if self.tense == "past":
            return word.inflected
        return word.text if self._plural() else third_person(word.text)

    def _plural(self) -> bool:
        if self.clause.word.kind == "feeling":
            return self.person.subject in ("I", "they")
        return self.clause.subject.plural


def fill(text: str, find) -> str:
    """The text with what `find` gives for each pair of braces."""
    return re.sub(r"\{([^}]*)\}", lambda braces: find(braces[1]), text)


def with_article(text: str) -> str:
    """a gripping plot, an original one; a useful one."""
    vowel = re.match("[aeio]|u(?!se)", text)
    return f"{'an' if vowel else 'a'} {text}"


def comparative(adjective: Word) -> str:
    return adjective.inflected or f"more {adjective.text}"


def third_person(verb: str) -> str:
    """bores, impresses, annoys."""
    return verb + ("es" if re.search("(s|sh|ch|x|z)$", verb) else "s")


def _shortened(text: str, random: Random) -> str:
    """Now and then was not becomes wasn't."""
    return re.sub(r"^(\w+) not\b", r"\1n't", text) if random.random() < 0.4 else text

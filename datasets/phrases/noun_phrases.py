"""Who and what: names, pronouns and noun phrases, with what others must agree with."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from .aligned_words import Phrase, Word
from .determiners import ATTRACTING, INDEFINITE, choose, count, determine, own
from .lexicon import ADJECTIVES_OF, NAME_LIST, NOUNS_OF, Adjective, Noun

PERSON = ("people", "kin")


@dataclass
class NounPhrase:
    """Both sides of a noun phrase.

    `dropped_pronoun` holds a pronoun that Portuguese leaves to the ending of the verb; `triggers_proclisis` says that
    the phrase pulls object pronouns before the verb, as *todos* does.
    """

    en: list[Word]
    pt: list[Word]
    gender: str = "m"
    person: str = "3s"
    noun: str = ""
    kind: str = "people"
    dropped_pronoun: tuple[Word, ...] = ()
    triggers_proclisis: bool = False


@dataclass(frozen=True)
class Pronoun:
    """A personal pronoun: as an English subject and object, and as a Portuguese object."""

    subject: str
    object: str
    person: str
    accusative: str
    dative: str
    stressed: str


PRONOUNS = [
    Pronoun("I", "me", "1s", "me", "me", "mim"),
    Pronoun("you", "you", "2s", "te", "te", "ti"),
    Pronoun("he", "him", "3s", "o", "lhe", "ele"),
    Pronoun("she", "her", "3s", "a", "lhe", "ela"),
    Pronoun("we", "us", "1p", "nos", "nos", "nós"),
    Pronoun("they", "them", "3p", "os", "lhes", "eles"),
]
THIRD = [pronoun for pronoun in PRONOUNS if pronoun.person[0] == "3"]


@dataclass
class NounPhraseSampler:
    """Draws noun phrases; `pairs` collects the pairs of adjective and noun that it used."""

    random: Random
    pairs: set[tuple[str, str]] = field(default_factory=set)

    def subject(self, kinds: Iterable[str], gendered=False, modified=True) -> NounPhrase:
        """Anything that can act; `gendered` leaves out I, you and we, which hide their gender."""
        draw = self.random.random() if "people" in kinds else 1.0
        if draw < 0.28:
            return self.pronoun(THIRD if gendered else PRONOUNS)
        if draw < 0.42:
            return self.name()
        return self.noun_phrase(kinds, modified=modified)

    def name(self) -> NounPhrase:
        """Portuguese puts an article before names."""
        name, gender = self.random.choice(NAME_LIST)
        word = Word(name)
        article = Word("o" if gender == "m" else "a")
        return NounPhrase([word], [article, Word(name, (word,))], gender)

    def pronoun(self, options: list[Pronoun]) -> NounPhrase:
        """A subject pronoun; the first and second persons live in the Portuguese ending."""
        chosen = self.random.choice(options)
        word = Word(chosen.subject)
        gender = "f" if chosen.subject == "she" else "m"
        if chosen not in THIRD:
            return NounPhrase([word], [], gender, chosen.person, dropped_pronoun=(word,))
        return NounPhrase([word], [Word(chosen.stressed, (word,))], gender, chosen.person)

    def noun_phrase(self, kinds: Iterable[str], bare=False, modified=True) -> NounPhrase:
        """A noun of one of the classes; `bare` lets it stand alone: apples, bread."""
        noun = self.pick(kinds)
        plural = noun.en_plural is not None and self.random.random() < 0.33
        determiner = choose(self.random, noun, plural)
        if bare and (plural or noun.en_plural is None) and self.random.random() < 0.2:
            determiner = "bare"
        return self.build(noun, determiner, plural, modified)

    def pick(self, kinds: Iterable[str]) -> Noun:
        """A noun of one of the classes, each equally likely."""
        kinds = sorted(kinds)
        sizes = [len(NOUNS_OF[kind]) for kind in kinds]
        return self.random.choice(NOUNS_OF[self.random.choices(kinds, sizes)[0]])

    def build(self, noun: Noun, determiner: str, plural: bool, modified=True) -> NounPhrase:
        """Determiner, adjective and noun, in the order of each language."""
        modified = modified and self.random.random() < 0.27
        adjective = self._adjective(noun, determiner) if modified else None
        head = Word(noun.en_plural if plural and noun.en_plural else noun.en)
        body = Phrase([head], [Word(noun.pt_plural if plural else noun.pt, (head,))])
        if adjective:
            word = Word(adjective.en)
            agreed = Word(adjective.agree(noun.gender, plural), (word,))
            pt = [agreed, *body.pt] if adjective.before else [*body.pt, agreed]
            body = Phrase([word, head], pt)
        if determiner == "owner":
            body = own(self._owner(), noun.gender, plural, body)
        elif determiner == "number":
            body = count(self.random, noun.gender, body)
        else:
            body = determine(determiner, noun.gender, plural, body)
        person, triggers_proclisis = "3p" if plural else "3s", determiner in ATTRACTING
        return NounPhrase(
            *body, noun.gender, person, noun.en, noun.kind, triggers_proclisis=triggers_proclisis
        )

    def _adjective(self, noun: Noun, determiner: str) -> Adjective | None:
        options = [
            adjective
            for adjective in ADJECTIVES_OF[noun.kind]
            if not (adjective.definite_only and determiner in INDEFINITE)
        ]
        if not options:
            return None
        chosen = self.random.choice(options)
        self.pairs.add((chosen.en, noun.en))
        return chosen

    def _owner(self) -> Phrase:
        if self.random.random() < 0.5:
            owner = self.name()
        else:
            noun = self.pick(PERSON)
            owner = self.build(noun, "my" if noun.kind == "kin" else "the", False)
        return Phrase(owner.en, owner.pt)

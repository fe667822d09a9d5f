"""Noun phrases and personal pronouns, with their agreement features."""

from dataclasses import dataclass

from .aligned_words import Word

PERSON = ("people", "kin")  # semantic classes of nouns that name persons


@dataclass
class NounPhrase:
    """A noun phrase in both languages, with its agreement features.

    `dropped_pronoun` holds an English pronoun that the Portuguese verb ending renders.
    `triggers_proclisis` is True if, as a subject, it moves object pronouns before the verb, as
    *todos* does.
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
    """A personal pronoun: English subject and object forms, and Portuguese object forms."""

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

"""Reads the vocabulary's tables."""

from dataclasses import dataclass

from . import english, portuguese
from .vocabulary import ADJECTIVES, GIVING, GROUPS, NAMES, NOUNS, VERBS


@dataclass(frozen=True)
class Noun:
    en: str
    en_plural: str | None
    pt: str
    pt_plural: str
    gender: str
    kind: str
    place: str


@dataclass(frozen=True)
class Adjective:
    en: str
    forms: tuple[str, str, str, str]
    before: bool
    definite_only: bool
    temporary: bool

    def agree(self, gender: str, plural: bool) -> str:
        return self.forms[2 * plural + (gender == "f")]


@dataclass(frozen=True)
class Verb:
    en: str
    past: str
    pt: str
    particle: str = ""
    preposition: str = ""
    state: bool = False
    reflexive: bool = False
    subjects: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return f"{self.en} {self.particle}".strip()


def _classes(text: str) -> frozenset[str]:
    return frozenset(c for word in text.split() for c in GROUPS.get(word, word).split())


def _noun(entry: str, kind: str) -> Noun:
    en, pt, gender = entry.split()
    en, _, place = en.partition("@")
    en, _, en_plural = en.partition("/")
    pt, _, pt_plural = pt.partition("/")
    en_plural = None if en_plural == "-" else en_plural or english.plural(en)
    return Noun(en, en_plural, pt, pt_plural or portuguese.plural(pt), gender, kind, place)


def _adjective(line: str) -> tuple[Adjective, frozenset[str]]:
    en, pt, classes = (field.strip() for field in line.split("|"))
    masculine, *others = pt.lstrip("<^*").split("/")
    feminine = others[0] if others else portuguese.feminine(masculine)
    plurals = others[1] if others[1:] else portuguese.plural(masculine)
    forms = (masculine, feminine, plurals, portuguese.plural(feminine))
    return Adjective(en, forms, pt[0] in "<^", pt[0] == "^", pt[0] == "*"), _classes(classes)


def _verb(line: str) -> Verb:
    en, pt, subjects, objects = (field.strip() for field in line.split("|"))
    (en, past), (*particle,) = en.split()[0].split("/"), en.split()[1:]
    pt, _, preposition = pt.partition(" ")
    return Verb(
        en,
        past,
        pt.lstrip("*").removesuffix("-se"),
        " ".join(particle),
        preposition,
        pt[0] == "*",
        pt.endswith("-se"),
        _classes(subjects),
        _classes(objects),
    )


NOUNS_OF = {kind: [_noun(e, kind) for e in entries.split(",")] for kind, entries in NOUNS.items()}
VERB_LIST = [_verb(line) for line in VERBS.strip().splitlines()]
GIVING_LIST = [_verb(line) for line in GIVING.strip().splitlines()]
NAME_LIST = [(name, gender) for gender, names in NAMES.items() for name in names.split()]
_READ = [_adjective(line) for line in ADJECTIVES.strip().splitlines()]
ADJECTIVES_OF = {kind: [a for a, classes in _READ if kind in classes] for kind in NOUNS_OF}

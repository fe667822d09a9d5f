"""Lexicon of `phrases`: nouns, adjectives and verbs, parsed from the vocabulary tables."""

from dataclasses import dataclass

from . import english, portuguese
from .vocabulary import ADJECTIVES, DITRANSITIVE_VERBS, GROUPS, NAMES, NOUNS, VERBS


@dataclass(frozen=True)
class Noun:
    """A noun; `kind` is its semantic class, `preposition` the English locative: in, on or at.

    `en_plural` is None for a mass noun.
    """

    en: str
    en_plural: str | None
    pt: str
    pt_plural: str
    gender: str
    kind: str
    preposition: str


@dataclass(frozen=True)
class Adjective:
    """An adjective with its Portuguese forms: masculine, feminine, and both plurals.

    `prenominal` adjectives precede the Portuguese noun. `definite_only` adjectives need a definite
    noun phrase. `temporary` adjectives describe a state and take *estar*.
    """

    en: str
    forms: tuple[str, str, str, str]
    prenominal: bool
    definite_only: bool
    temporary: bool

    def agree(self, gender: str, plural: bool) -> str:
        """Return the Portuguese form for a gender, m or f, and a number."""
        return self.forms[2 * plural + (gender == "f")]


@dataclass(frozen=True)
class Verb:
    """A verb with the semantic classes of its subjects and objects.

    `particle` follows the English verb, `preposition` the Portuguese one. `state` marks a stative
    verb, which has no progressive.
    """

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
        """The English verb with its particle."""
        return f"{self.en} {self.particle}".strip()


def _parse_classes(text: str) -> frozenset[str]:
    return frozenset(kind for word in text.split() for kind in GROUPS.get(word, word).split())


def _parse_noun(entry: str, kind: str) -> Noun:
    en, pt, gender = entry.split()
    en, _, preposition = en.partition("@")
    en, _, en_plural = en.partition("/")
    pt, _, pt_plural = pt.partition("/")
    en_plural = None if en_plural == "-" else en_plural or english.plural(en)
    return Noun(en, en_plural, pt, pt_plural or portuguese.plural(pt), gender, kind, preposition)


def _parse_adjective(line: str) -> tuple[Adjective, frozenset[str]]:
    en, pt, classes = (field.strip() for field in line.split("|"))
    masculine, *irregular = pt.lstrip("<^*").split("/")
    feminine = irregular[0] if irregular else portuguese.feminine(masculine)
    plural = irregular[1] if irregular[1:] else portuguese.plural(masculine)
    forms = (masculine, feminine, plural, portuguese.plural(feminine))
    adjective = Adjective(
        en, forms, prenominal=pt[0] in "<^", definite_only=pt[0] == "^", temporary=pt[0] == "*"
    )
    return adjective, _parse_classes(classes)


def _parse_verb(line: str) -> Verb:
    en, pt, subjects, objects = (field.strip() for field in line.split("|"))
    (en, past), (*particle,) = en.split()[0].split("/"), en.split()[1:]
    pt, _, preposition = pt.partition(" ")
    return Verb(
        en,
        past,
        pt.lstrip("*").removesuffix("-se"),
        particle=" ".join(particle),
        preposition=preposition,
        state=pt[0] == "*",
        reflexive=pt.endswith("-se"),
        subjects=_parse_classes(subjects),
        objects=_parse_classes(objects),
    )


NOUNS_OF = {
    kind: [_parse_noun(entry, kind) for entry in entries.split(",")] for kind, entries in NOUNS.items()
}
VERB_LIST = [_parse_verb(line) for line in VERBS.strip().splitlines()]
DITRANSITIVE_LIST = [_parse_verb(line) for line in DITRANSITIVE_VERBS.strip().splitlines()]
NAME_LIST = [(name, gender) for gender, names in NAMES.items() for name in names.split()]
_ADJECTIVE_LIST = [_parse_adjective(line) for line in ADJECTIVES.strip().splitlines()]
ADJECTIVES_OF = {
    kind: [adjective for adjective, classes in _ADJECTIVE_LIST if kind in classes] for kind in NOUNS_OF
}

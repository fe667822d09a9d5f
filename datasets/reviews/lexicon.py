"""Reads the tables of `reviews`."""

from dataclasses import dataclass

from .constructions import EXCLAMATIONS, FORMS, FRAMES, HOPES, PHRASES, SPEAKERS
from .domains import CITIES, DOMAINS, MONTHS, UNRELATED_ASPECTS
from .vocabulary import ADJECTIVES, EFFECTS, FEELINGS, NOUNS

POLARITIES = {"positive": 1, "negative": -1}


@dataclass(frozen=True)
class Word:
    """A polar word; `inflected` is the comparative of an adjective, the past tense of a verb."""

    text: str
    kind: str
    polarity: int
    inflected: str = ""
    extreme: bool = False


@dataclass(frozen=True)
class Aspect:
    """What something polar is said of; the whole thing is one too."""

    noun: str
    classes: tuple[str, ...] = ()
    plural: bool = False
    mass: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Domain:
    """A kind of things that are reviewed."""

    name: str
    entities: tuple[Aspect, ...]
    plurals: dict[str, str]
    aspects: tuple[Aspect, ...]
    compared: str  # than *in* most films
    within: str  # *in* the first film, the plot was dull
    seen: str  # I have never *seen* a duller one
    others: tuple[str, ...]
    events: dict[int, tuple[str, ...]]
    neutral: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Construction:
    """A form of a clause or a frame of a statement."""

    name: str
    sign: int
    phenomenon: str
    weight: int
    needs: frozenset[str]
    text: str


def _words(table: dict[str, str], kind: str) -> list[Word]:
    words = []
    for polarity, entries in table.items():
        for entry in entries.split():
            text, _, inflected = entry.rstrip("!").partition("/")
            words.append(Word(text, kind, POLARITIES[polarity], inflected, entry.endswith("!")))
    return words


def _aspect(entry: str) -> Aspect:
    noun, _, classes = entry.partition(":")
    return Aspect(noun.rstrip("*~"), tuple(classes.split()), noun.endswith("*"), noun.endswith("~"))


def _listed(text: str, mark: str = ",") -> tuple[str, ...]:
    return tuple(" ".join(entry.split()) for entry in text.split(mark))


def _domain(name: str, table: dict[str, str]) -> Domain:
    nouns, _, kind = table["nouns"].partition(" | ")
    plurals = dict(noun.split("/") for noun in nouns.split())
    compared, within, seen, others = _listed(table["others"], "|")
    return Domain(
        name,
        entities=tuple(Aspect(noun, tuple(kind.split()), whole=True) for noun in plurals),
        plurals=plurals,
        aspects=tuple(_aspect(entry) for entry in _listed(table["aspects"])),
        compared=compared,
        within=within,
        seen=seen,
        others=_listed(others, ";"),
        events={value: _listed(table[polarity]) for polarity, value in POLARITIES.items()},
        neutral=_listed(table["neutral"], ";"),
    )


def _construction(line: str) -> Construction:
    about, text = line.split(" | ")
    name, sign, phenomenon, weight, *needs = about.split()
    return Construction(name, 1 if sign == "+" else -1, phenomenon, int(weight), frozenset(needs), text)


def _constructions(table: str) -> list[Construction]:
    return [_construction(line.strip()) for line in table.strip().splitlines()]


ADJECTIVES_OF = {kind: _words(table, "adjective") for kind, table in ADJECTIVES.items()}
EFFECTS_OF = {kind: _words(table, "effect") for kind, table in EFFECTS.items()}
FEELING_LIST, NOUN_LIST = _words(FEELINGS, "feeling"), _words(NOUNS, "noun")
DOMAIN_LIST = [_domain(name, table) for name, table in DOMAINS.items()]
UNRELATED_ASPECT_LIST = [_aspect(entry) for entry in _listed(UNRELATED_ASPECTS)]
CITY_LIST, MONTH_LIST = _listed(CITIES), _listed(MONTHS)
FORMS_OF = {kind: _constructions(table) for kind, table in FORMS.items()}
FRAME_LIST = _constructions(FRAMES)
PHRASES_OF = {slot: _listed(options) for slot, options in PHRASES.items()}
HOPES_OF = {polarity: _listed(options) for polarity, options in HOPES.items()}
EXCLAMATIONS_OF = {polarity: _listed(options) for polarity, options in EXCLAMATIONS.items()}
SPEAKER_LIST = [(name, pronoun) for pronoun, names in SPEAKERS.items() for name in _listed(names)]

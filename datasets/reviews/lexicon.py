"""Lexicon of `reviews`: polar words, domains and constructions, parsed from the tables."""

from collections.abc import Mapping
from dataclasses import dataclass

from .constructions import EXCLAMATIONS, EXPECTATIONS, FORMS, FRAMES, PHRASES, SPEAKERS
from .domains import CITIES, DOMAINS, MONTHS, UNRELATED_ASPECTS
from .vocabulary import ADJECTIVES, EFFECTS, FEELINGS, NOUNS

POLARITIES = {"positive": 1, "negative": -1}


@dataclass(frozen=True)
class Word:
    """A polar word; `inflected` is the comparative of an adjective or the past tense of a verb."""

    text: str
    kind: str
    polarity: int
    inflected: str = ""
    extreme: bool = False


@dataclass(frozen=True)
class Aspect:
    """A target of sentiment: an aspect of the reviewed entity, or the entity itself."""

    noun: str
    classes: tuple[str, ...] = ()
    plural: bool = False
    mass: bool = False
    is_entity: bool = False


@dataclass(frozen=True)
class Domain:
    """A domain of reviews: its entities, their aspects, events and neutral sentences."""

    name: str
    entities: tuple[Aspect, ...]
    plurals: dict[str, str]
    aspects: tuple[Aspect, ...]
    comparison_preposition: str  # duller than *in* most films
    distractor_preposition: str  # *in* the first film, the plot was dull
    participle: str  # I have never *seen* a duller one
    references: tuple[str, ...]  # other entities: the director's first film
    events: dict[int, tuple[str, ...]]
    neutral: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Construction:
    """A form of a clause or a frame of a statement; `sign` is -1 if it reverses the polarity."""

    name: str
    sign: int
    phenomenon: str
    weight: int
    needs: frozenset[str]
    text: str


def _parse_words(table: Mapping[str, str], kind: str) -> list[Word]:
    words = []
    for polarity, entries in table.items():
        for entry in entries.split():
            text, _, inflected = entry.rstrip("!").partition("/")
            words.append(Word(text, kind, POLARITIES[polarity], inflected, entry.endswith("!")))
    return words


def _parse_aspect(entry: str) -> Aspect:
    noun, _, classes = entry.partition(":")
    return Aspect(noun.rstrip("*~"), tuple(classes.split()), noun.endswith("*"), noun.endswith("~"))


def _parse_list(text: str, separator: str = ",") -> tuple[str, ...]:
    return tuple(" ".join(entry.split()) for entry in text.split(separator))


def _parse_domain(name: str, table: Mapping[str, str]) -> Domain:
    nouns, _, kind = table["nouns"].partition(" | ")
    plurals = dict(noun.split("/") for noun in nouns.split())
    comparison, distractor, participle, references = _parse_list(table["references"], "|")
    return Domain(
        name,
        entities=tuple(Aspect(noun, tuple(kind.split()), is_entity=True) for noun in plurals),
        plurals=plurals,
        aspects=tuple(_parse_aspect(entry) for entry in _parse_list(table["aspects"])),
        comparison_preposition=comparison,
        distractor_preposition=distractor,
        participle=participle,
        references=_parse_list(references, ";"),
        events={value: _parse_list(table[polarity]) for polarity, value in POLARITIES.items()},
        neutral=_parse_list(table["neutral"], ";"),
    )


def _parse_construction(line: str) -> Construction:
    header, text = line.split(" | ")
    name, sign, phenomenon, weight, *needs = header.split()
    return Construction(name, 1 if sign == "+" else -1, phenomenon, int(weight), frozenset(needs), text)


def _parse_constructions(table: str) -> list[Construction]:
    return [_parse_construction(line.strip()) for line in table.strip().splitlines()]


ADJECTIVES_OF = {kind: _parse_words(table, "adjective") for kind, table in ADJECTIVES.items()}
EFFECTS_OF = {kind: _parse_words(table, "effect") for kind, table in EFFECTS.items()}
FEELING_LIST, NOUN_LIST = _parse_words(FEELINGS, "feeling"), _parse_words(NOUNS, "noun")
DOMAIN_LIST = [_parse_domain(name, table) for name, table in DOMAINS.items()]
UNRELATED_ASPECT_LIST = [_parse_aspect(entry) for entry in _parse_list(UNRELATED_ASPECTS)]
CITY_LIST, MONTH_LIST = _parse_list(CITIES), _parse_list(MONTHS)
FORMS_OF = {kind: _parse_constructions(table) for kind, table in FORMS.items()}
FRAME_LIST = _parse_constructions(FRAMES)
PHRASES_OF = {slot: _parse_list(options) for slot, options in PHRASES.items()}
EXPECTATIONS_OF = {polarity: _parse_list(options) for polarity, options in EXPECTATIONS.items()}
EXCLAMATIONS_OF = {polarity: _parse_list(options) for polarity, options in EXCLAMATIONS.items()}
SPEAKER_LIST = [(name, pronoun) for pronoun, names in SPEAKERS.items() for name in _parse_list(names)]

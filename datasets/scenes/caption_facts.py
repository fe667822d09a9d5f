"""Facts of a caption in reading order: the words that the image determines, and which of them hold.

A word of a caption states a fact if it can make the caption false: an attribute, a number above one, a
relation or a region. Every other word (articles, copulas, `picture`, `shape`) can be written without a look
at the image.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

from .caption_parser import (
    NUMBER_OF,
    RELATION_OF,
    SIZE_OF,
    Mention,
    are_distinct,
    claim_holds,
    match_template,
    parse_noun_phrase,
)
from .caption_templates import REGIONS, RELATIONS
from .descriptions import Description
from .scene_objects import SceneObject
from .vocabulary import COLOURS, SHAPES, TEXTURES

PLURALS = frozenset(SHAPES.values())
SAME_SIDE = {"left": "leftmost", "right": "rightmost", "leftmost": "left", "rightmost": "right"}


class Fact(NamedTuple):
    """A word that states a fact.

    start, end: first and last character of the word.
    kind: count, size, texture, colour, shape, relation (of two or three objects) or region (of one).
    """

    start: int
    end: int
    kind: str


def caption_facts(caption: str) -> list[Fact] | None:
    """Return the facts of a caption in reading order.

    Args:
        caption: in any case, with or without a full stop.

    Returns:
        The facts; None if the caption cannot be parsed.

    Example:
        >>> text = "There are two red shapes to the left of a star."
        >>> [(text[fact.start : fact.end], fact.kind) for fact in caption_facts(text)]
        [('two', 'count'), ('red', 'colour'), ('left', 'relation'), ('star', 'shape')]
    """
    parsed = _parse(caption)
    return None if parsed is None else _facts(caption, parsed)


class CheckedFacts(NamedTuple):
    """The facts of a caption in reading order, and the number of those before the first false one."""

    facts: list[Fact]
    num_true: int


def check_facts(caption: str, scene: Sequence[SceneObject]) -> CheckedFacts | None:
    """Find the first fact of a caption that makes it false.

    Args:
        caption: in any case, with or without a full stop.
        scene: the objects of the image.

    Returns:
        The facts, and the number of leading facts that hold for one assignment of objects to the noun
        phrases: that of all facts if and only if the caption is true. None if the caption cannot be parsed.
    """
    parsed = _parse(caption)
    if parsed is None:
        return None
    facts, num_true = _facts(caption, parsed), len(parsed.facts)
    if not _is_possible(_state(parsed, num_true), scene):
        num_true = next((n for n in range(num_true) if not _is_possible(_state(parsed, n + 1), scene)), 0)
    return CheckedFacts(facts, num_true)


class _Parsed(NamedTuple):
    """A parsed caption: its match, its letters, its claims without words, and its facts in order.

    Each fact has the letter of its noun phrase or the claim that it states.
    """

    match: re.Match[str]
    letters: list[str]
    claims: list[tuple[str, ...]]
    facts: list[tuple[Fact, str | tuple[str, ...]]]


class _State(NamedTuple):
    """What a caption has stated up to a fact: a mention for each letter, the unfinished ones, the claims."""

    mentions: dict[str, Mention]
    open_letters: set[str]
    claims: list[tuple[str, ...]]


def _parse(caption: str) -> _Parsed | None:
    matched = match_template(caption)
    if matched is None:
        return None
    kind, match = matched
    parts = [tuple(part.split()) for part in kind.split("; ")]
    letters = list(dict.fromkeys(letter for _, *arguments in parts for letter in arguments))
    facts = [
        (fact, letter)
        for letter in letters
        for fact in _noun_phrase_facts(match[letter], match.start(letter))
    ]
    facts += [_relation_fact(part, match) for part in parts if part[0] not in ("count", "among")]
    return _Parsed(match, letters, [part for part in parts if part[0] == "among"], sorted(facts))


def _facts(caption: str, parsed: _Parsed) -> list[Fact]:
    offset = len(caption) - len(caption.lstrip())
    return [fact._replace(start=fact.start + offset, end=fact.end + offset) for fact, _ in parsed.facts]


def _state(parsed: _Parsed, num_facts: int) -> _State:
    """Return what the first facts of a caption state. A noun phrase that has not begun may be any object."""
    match, letters, claims, facts = parsed
    mentions = dict.fromkeys(letters, Mention(1, Description()))
    claims = [*claims, *(slot for _, slot in facts[:num_facts] if isinstance(slot, tuple))]
    for fact, slot in facts[:num_facts]:
        if isinstance(slot, str):
            mentions[slot] = parse_noun_phrase(match[0][match.start(slot) : fact.end])
    open_letters = {slot for _, slot in facts[num_facts:] if isinstance(slot, str)}
    return _State(mentions, open_letters, claims)


def _noun_phrase_facts(text: str, start: int) -> Iterator[Fact]:
    for word in text.split(" "):
        if kind := _kind_of_word(word):
            yield Fact(start, start + len(word), kind)
        start += len(word) + 1


def _kind_of_word(word: str) -> str | None:
    """Return the kind of fact that a word of a noun phrase states; None for articles and generic nouns."""
    kinds: Mapping[str, Mapping | Sequence | frozenset] = {
        "size": SIZE_OF,
        "texture": TEXTURES,
        "colour": COLOURS,
        "shape": SHAPES,
    }
    if NUMBER_OF.get(word, 1) > 1:
        return "count"
    if word in PLURALS:
        return "shape"
    return next((kind for kind, words in kinds.items() if word in words), None)


def _relation_fact(part: tuple[str, ...], match: re.Match[str]) -> tuple[Fact, tuple[str, ...]]:
    """Return the fact of a relation or region, at the word that names it, and the claim."""
    slot, *letters = part
    if slot == "between":
        start = match[0].index("between")
        return Fact(start, start + len("between"), "relation"), part
    phrase = match[slot]
    name = RELATION_OF[phrase]
    word = _naming_word(phrase)
    start = match.start(slot) + f" {phrase} ".index(f" {word} ")
    kind = "relation" if name in RELATIONS else "region"
    return Fact(start, start + len(word), kind), (name, *letters)


@cache
def _naming_word(phrase: str) -> str:
    """Return the first word of a phrase that names its relation or region: no other one has it."""
    name = RELATION_OF[phrase]
    other_words = {
        word
        for other, phrases in (RELATIONS | REGIONS).items()
        if other not in (name, SAME_SIDE.get(name))
        for other_phrase in phrases
        for word in other_phrase.split()
    }
    return next(word for word in phrase.split() if word not in other_words)


def _is_possible(state: _State, scene: Sequence[SceneObject]) -> bool:
    """Return whether some assignment of objects agrees with all that has been stated."""
    mentions, open_letters, claims = state
    referents = [_referents(mention, letter in open_letters, scene) for letter, mention in mentions.items()]
    for assignment in product(*referents):
        objects_of = dict(zip(mentions, assignment, strict=True))
        if are_distinct(objects_of, claims) and all(
            claim_holds(claim, objects_of, scene) for claim in claims if _is_stated(claim, state)
        ):
            return True
    return False


def _is_stated(claim: tuple[str, ...], state: _State) -> bool:
    """Return whether a claim can be judged: a set of several objects must be known to its last attribute."""
    return not any(
        letter in state.open_letters and (claim[0] == "among" or state.mentions[letter].count > 1)
        for letter in claim[1:]
    )


def _referents(mention: Mention, is_open: bool, scene: Sequence[SceneObject]) -> list[tuple[int, ...]]:
    """Return the possible sets of objects of a noun phrase; an open set of several objects is still empty."""
    indices = mention.description.matching_indices(scene)
    if mention.count == 1:
        return [(index,) for index in indices]
    if is_open:
        return [()] if len(indices) >= mention.count else []
    return [indices] if len(indices) == mention.count else []

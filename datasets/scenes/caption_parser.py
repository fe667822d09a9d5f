"""Reads captions: what one says of a picture, and whether that is so.

It understands every caption that the patterns can make, whoever wrote it, so that a model's captions
are judged by the picture and not by the words of five references.
"""

import re
from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

from .caption_templates import REGIONS, RELATIONS, TEMPLATES
from .descriptions import Description
from .relations import holds
from .scene_objects import SceneObject
from .vocabulary import COLOURS, GENERIC_NOUNS, NUMBERS, SHAPES, SIZE_WORDS, TEXTURES

SIZE_OF = {word: size for size, words in SIZE_WORDS.items() for word in words}
MEANING = {word: name for name, words in (RELATIONS | REGIONS).items() for word in words}
SINGULAR = {plural: noun for noun, plural in (SHAPES | GENERIC_NOUNS).items()}
NUMBER_OF = {word: number for number, word in enumerate(NUMBERS)}


class Mention(NamedTuple):
    """A noun phrase as it was read."""

    count: int
    description: Description


class ParsedCaption(NamedTuple):
    """What a caption says: the objects that there are, by letter, and claims about them."""

    mentions: dict[str, Mention]
    claims: list[tuple[str, ...]]  # a relation or place, then letters


def read(caption: str) -> ParsedCaption | None:
    """Understands a caption, whatever its case and with or without the full stop.

    Returns:
        What it says, or None where it is not a sentence about such pictures.
    """
    found = _match(caption)
    return found and _understand(found[0], found[1].groupdict())


def locate(caption: str, scene: Sequence[SceneObject]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Where each noun phrase of a caption stands, and what it may speak of.

    Returns:
        For each phrase its first character and the one after its last, and the indices of the objects that
        it fits; nothing where the caption is not understood.
    """
    found = _match(caption)
    if found is None:
        return []
    kind, match = found
    before = len(caption) - len(caption.lstrip())
    return [
        (before + match.start(letter), before + match.end(letter), mention.description.named(scene))
        for letter, mention in _understand(kind, match.groupdict()).mentions.items()
    ]


def _match(caption: str) -> tuple[str, re.Match] | None:
    """The kind of the sentence, and its words by letter."""
    text = caption.strip().removesuffix(".").strip().lower()
    for kind, pattern in _compiled():
        if found := pattern.fullmatch(text):
            return kind, found
    return None


def is_true(reading: ParsedCaption, scene: Sequence[SceneObject]) -> bool:
    """Whether all that is said holds of one choice of objects: `a star` may be any of two stars, but
    `two stars` are not two of three."""
    letters = list(reading.mentions)
    for chosen in product(*(_candidates(mention, scene) for mention in reading.mentions.values())):
        named = dict(zip(letters, chosen, strict=True))
        if _apart(named, reading.claims) and all(_claim_holds(c, named, scene) for c in reading.claims):
            return True
    return False


def _candidates(mention: Mention, scene: Sequence[SceneObject]) -> list[tuple[int, ...]]:
    found = mention.description.named(scene)
    if mention.count == 1:
        return [(index,) for index in found]
    return [found] if len(found) == mention.count else []


def _apart(named: dict[str, tuple[int, ...]], claims: list[tuple[str, ...]]) -> bool:
    """Different phrases name different objects, unless one is among the other."""
    indices = [index for objects in named.values() for index in objects]
    return len(set(indices)) == len(indices) or any(claim[0] == "among" for claim in claims)


def _claim_holds(claim: tuple[str, ...], named: dict, scene: Sequence[SceneObject]) -> bool:
    relation, *objects = claim[0], *(named[letter] for letter in claim[1:])
    if relation == "count":
        return True
    if relation == "among":
        return set(objects[0]) < set(objects[1])
    return all(holds(relation, scene, *indices) for indices in product(*objects))


def _understand(kind: str, words: dict[str, str]) -> ParsedCaption:
    parts = [part.split() for part in kind.split("; ")]
    letters = dict.fromkeys(letter for _, *inside in parts for letter in inside)
    claims = [(MEANING[words[word]] if len(word) == 1 else word, *inside) for word, *inside in parts]
    return ParsedCaption({letter: _mention(words[letter]) for letter in letters}, claims)


def _mention(phrase: str) -> Mention:
    words = phrase.split()
    count = max(NUMBER_OF.get(word, 1) for word in words)
    nouns = [SINGULAR.get(word, word) for word in words]
    return Mention(
        count,
        Description(
            size=next((SIZE_OF[word] for word in words if word in SIZE_OF), None),
            texture=next((word for word in words if word in TEXTURES), None),
            colour=next((word for word in words if word in COLOURS), None),
            shape=next((noun for noun in nouns if noun in SHAPES), None),
        ),
    )


@cache
def _compiled() -> list[tuple[str, re.Pattern]]:
    """The patterns as regular expressions, with a group for each letter."""
    singular, plural = [*SHAPES, *GENERIC_NOUNS], [*SHAPES.values(), *GENERIC_NOUNS.values()]
    adjectives = "".join(f"(?:{_any(words)} )?" for words in (SIZE_OF, TEXTURES, COLOURS))
    many = f"(?:the )?{_any(NUMBERS[2:])} {adjectives}{_any(plural)}"
    noun_phrase = f"(?:{many}|(?:an?|the|one) {adjectives}{_any(singular)})"
    fillers = {"r": _any(_words(RELATIONS)), "p": _any(_words(REGIONS))}
    fillers |= {"s": fillers["r"], "q": fillers["p"]}

    def group(slot: re.Match) -> str:
        letter, form = slot[1], slot[2]
        return "(?:is|are)" if form == "be" else f"(?P<{letter}>{fillers.get(letter, noun_phrase)})"

    return [
        (kind, re.compile(re.sub(r"\{(\w)(?:\.(\w+))?\}", group, pattern)))
        for kind, patterns in TEMPLATES.items()
        for pattern in patterns
    ]


def _words(table: dict[str, tuple[str, ...]]) -> list[str]:
    return [words for options in table.values() for words in options]


def _any(words) -> str:
    return f"(?:{'|'.join(sorted(words, key=len, reverse=True))})"

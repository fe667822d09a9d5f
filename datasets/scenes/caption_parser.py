"""Parser of captions: the mentioned objects, the claims and their truth in an image.

It parses every caption that the templates can produce, from any source. So captions of a model are
judged by the image instead of by the words of five references.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

from .caption_templates import REGIONS, RELATIONS, TEMPLATES
from .descriptions import Description, ObjectIndices
from .relations import holds
from .scene_objects import SceneObject
from .vocabulary import COLOURS, GENERIC_NOUNS, NUMBERS, SHAPES, SIZE_WORDS, TEXTURES

SIZE_OF = {word: size for size, words in SIZE_WORDS.items() for word in words}
RELATION_OF = {words: name for name, options in (RELATIONS | REGIONS).items() for words in options}
SINGULAR = {plural: noun for noun, plural in (SHAPES | GENERIC_NOUNS).items()}
NUMBER_OF = {word: number for number, word in enumerate(NUMBERS)}


class Mention(NamedTuple):
    """A parsed noun phrase: the number of objects and their description."""

    count: int
    description: Description


class ParsedCaption(NamedTuple):
    """A parsed caption: the mentioned objects by letter, and the claims about them.

    A claim is a relation or a region, followed by letters.
    """

    mentions: dict[str, Mention]
    claims: list[tuple[str, ...]]


def parse_caption(caption: str) -> ParsedCaption | None:
    """Parse a caption.

    Args:
        caption: in any case, with or without a full stop.

    Returns:
        The parsed caption, or None if no template matches.

    Example:
        >>> parse_caption("A red star is above an arrow.").claims
        [('above', 'a', 'b')]
    """
    parsed = match_template(caption)
    return parsed and _interpret(parsed[0], parsed[1].groupdict())


def ground_phrases(caption: str, scene: Sequence[SceneObject]) -> list[tuple[int, int, ObjectIndices]]:
    """Ground the noun phrases of a caption in an image.

    Args:
        caption: in any case, with or without a full stop.
        scene: the objects of the image.

    Returns:
        For each noun phrase its start and end character and the indices of the matching objects;
        empty if the caption cannot be parsed.
    """
    parsed = match_template(caption)
    if parsed is None:
        return []
    kind, match = parsed
    offset = len(caption) - len(caption.lstrip())
    return [
        (
            offset + match.start(letter),
            offset + match.end(letter),
            mention.description.matching_indices(scene),
        )
        for letter, mention in _interpret(kind, match.groupdict()).mentions.items()
    ]


def is_true(parsed: ParsedCaption, scene: Sequence[SceneObject]) -> bool:
    """Return whether all claims hold for one assignment of objects to the noun phrases.

    `a star` may be any of two stars, but `two stars` are not two of three.
    """
    letters = list(parsed.mentions)
    for assignment in product(*(_referents(mention, scene) for mention in parsed.mentions.values())):
        objects_of = dict(zip(letters, assignment, strict=True))
        if are_distinct(objects_of, parsed.claims) and all(
            claim_holds(claim, objects_of, scene) for claim in parsed.claims
        ):
            return True
    return False


def match_template(caption: str) -> tuple[str, re.Match[str]] | None:
    """Return the kind of the matching template, and the match with a group for each letter.

    The match begins at the first character that is no space.
    """
    text = caption.strip().removesuffix(".").strip().lower()
    for kind, pattern in _patterns():
        if match := pattern.fullmatch(text):
            return kind, match
    return None


def _referents(mention: Mention, scene: Sequence[SceneObject]) -> list[ObjectIndices]:
    """Return the possible sets of objects of a noun phrase."""
    indices = mention.description.matching_indices(scene)
    if mention.count == 1:
        return [(index,) for index in indices]
    return [indices] if len(indices) == mention.count else []


def are_distinct(objects_of: Mapping[str, ObjectIndices], claims: list[tuple[str, ...]]) -> bool:
    """Return whether different noun phrases have different objects, or one set contains the other."""
    indices = [index for objects in objects_of.values() for index in objects]
    return len(set(indices)) == len(indices) or any(claim[0] == "among" for claim in claims)


def claim_holds(
    claim: tuple[str, ...], objects_of: Mapping[str, ObjectIndices], scene: Sequence[SceneObject]
) -> bool:
    relation, *letters = claim
    objects = [objects_of[letter] for letter in letters]
    if relation == "count":
        return True
    if relation == "among":
        return set(objects[0]) < set(objects[1])
    return all(holds(relation, scene, *indices) for indices in product(*objects))


def _interpret(kind: str, words_of: Mapping[str, str]) -> ParsedCaption:
    """Return the mentions and claims of a template of a kind with these words."""
    parts = [part.split() for part in kind.split("; ")]
    letters = dict.fromkeys(letter for _, *arguments in parts for letter in arguments)
    claims = [
        (RELATION_OF[words_of[relation]] if len(relation) == 1 else relation, *arguments)
        for relation, *arguments in parts
    ]
    return ParsedCaption({letter: parse_noun_phrase(words_of[letter]) for letter in letters}, claims)


def parse_noun_phrase(text: str) -> Mention:
    words = text.split()
    count = max(NUMBER_OF.get(word, 1) for word in words)
    nouns = [SINGULAR.get(word, word) for word in words]
    description = Description(
        size=next((SIZE_OF[word] for word in words if word in SIZE_OF), None),
        texture=next((word for word in words if word in TEXTURES), None),
        colour=next((word for word in words if word in COLOURS), None),
        shape=next((noun for noun in nouns if noun in SHAPES), None),
    )
    return Mention(count, description)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Compile the templates to regular expressions, with a group for each letter."""
    singular, plural = [*SHAPES, *GENERIC_NOUNS], [*SHAPES.values(), *GENERIC_NOUNS.values()]
    adjectives = "".join(f"(?:{_alternatives(words)} )?" for words in (SIZE_OF, TEXTURES, COLOURS))
    plural_phrase = f"(?:the )?{_alternatives(NUMBERS[2:])} {adjectives}{_alternatives(plural)}"
    singular_phrase = f"(?:an?|the|one) {adjectives}{_alternatives(singular)}"
    noun_phrase = f"(?:{plural_phrase}|{singular_phrase})"
    relation, region = (
        _alternatives(words for options in table.values() for words in options)
        for table in (RELATIONS, REGIONS)
    )
    fillers = {"r": relation, "s": relation, "p": region, "q": region}

    def group(slot: re.Match[str]) -> str:
        letter, form = slot[1], slot[2]
        return "(?:is|are)" if form == "be" else f"(?P<{letter}>{fillers.get(letter, noun_phrase)})"

    return [
        (kind, re.compile(re.sub(r"\{(\w)(?:\.(\w+))?\}", group, template)))
        for kind, templates in TEMPLATES.items()
        for template in templates
    ]


def _alternatives(words: Iterable[str]) -> str:
    """Return a regular expression of alternatives; longer ones precede their prefixes."""
    return f"(?:{'|'.join(sorted(words, key=len, reverse=True))})"

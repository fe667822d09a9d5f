"""Captions of horizontally flipped images: `left` and `right` are swapped as directions, in English.

A caption is flipped only where every `left` and `right` is recognized as a direction. `the girl left the
room` and `right behind a dog` are none: such captions have no flip, nor has one with `clockwise`. A caption
does not say that its image has text or a clock, which a flip makes false.
"""

from collections.abc import Iterable

import numpy as np
import regex

# Frequent words of English captions, which are rare in other languages.
FUNCTION_WORDS = frozenset("the of and with is are on at to his her while from by an".split())
MIN_FUNCTION_WORDS = 0.05  # of all words; it is 0.17 in Flickr8k

SIDE = regex.compile(r"\b(left|right)(?=(?:most|wards?|hand|handed|side)?\b)", regex.IGNORECASE)
NO_DIRECTION = regex.compile(r"\b(?:lefts|left(?:y|ies)|right(?:y|ies)|[\w-]*clockwise)\b", regex.IGNORECASE)

DETERMINER = (
    r"(?:(?:(?:the|an?|his|her|their) )?\S+ ?(?:'s|s ')|the|an?|his|her|its|their|my|our|your|one|each|both)"
)
AREA = r"(?:far|extreme|very|immediate|upper|lower|top|bottom|center|centre|middle|back|front|rear|near)"
AREAS = rf"(?:{AREA}[ -])*"
MOTION = (
    r"(?:(?:turn|look|lean|veer|point|bend|swing|step|drift|walk|run|runn|jump|kick|tilt|steer|travel|sail|throw|"
    r"fly)(?:s|ed|ing)?|head(?:ed|ing)|(?:star|bank|fac|mov|curv|swerv|glanc|gaz|slid|angl|div|lung|rid|driv|skat)"
    r"(?:e|s|es|ed|ing)|go(?:es|ing)?)"
)
BODY = (
    r"(?:hand|arm|leg|foot|feet|eye|ear|paw|shoulder|knee|elbow|wrist|thumb|finger|cheek|wing|hip|thigh|ankle|"
    r"fist|fin|horn|forearm|heel|toe|glove|sleeve|shoe|boot|sock|hoof|calf|shin)s?"
)
PART = (
    rf"(?:(?:front|hind|rear|back|upper|lower|index|pointer|ring|middle) )*(?:{BODY}|side(?! (?:up|out|by))|"
    r"corner|edge|lane|turn|half|third|end|part|portion|foreground|background|bank|wheel|margin|border|frame|field|"
    r"hook|jab|kick|punch|uppercut|profile|one)"
)
END = r" ?(?:$|[^\w\s'-]|(?:and|or|as|while|with|of|is|are|was|were|who|which|that has|has)\b)"
CONTINUATION = (  # `on the right tries`, but not the nouns that are right because they are correct
    r"(?! (?:reasons|conditions|tools|keys|words|notes|angles|people|size|clothes)\b)"
    rf"(?:{END}| (?:on|in|at|near|by|behind|beside|under|above|below|from|to|\w+ing|\w+s)\b)"
)
NOT_LUGGAGE = r"(?![ -]?(?:overs?|luggage)\b)"
NOT_REMAINING = r"(?![ -]?(?:overs?|behind|alone|luggage|unattended|open|the|an?|his|her|their|its)\b)"
SUBJECT = r"(?:he|she|it|they|we|i|you|who|that|which|has|have|had|having|just|is|are|was|were|be|been|being)"
REMAINDER = r"(?:what|all|nothing|little|much|that|any|anything|something|bits?|pieces?|some)"

# The text before a direction, the sides of which it makes one, and the text behind it.
CONTEXTS = [
    (rf"\b(?:on|to|at|from|in|towards?|of|near|by|over) {DETERMINER} {AREAS}", "left", NOT_LUGGAGE),
    (rf"\b(?:on|to|from|towards?|near|by|over) {DETERMINER} {AREAS}", "right", CONTINUATION),
    (rf"\b(?:at|in|of) {DETERMINER} {AREAS}", "right", END),
    (rf"\b(?:on|at|to|from|towards?) {AREAS}", "left", NOT_REMAINING),
    (rf"\b(?:on|at|to|from|towards?) {AREAS}", "right", END),
    (rf"\b(?:the|his|her|its|their) {AREAS}", "left", rf"{NOT_REMAINING} [a-z]"),
    (rf"\b{AREA}[ -]", "left|right", END),
    (rf"\b{MOTION} (?:slightly |sharply |hard )?", "left", NOT_REMAINING),
    (rf"\b{MOTION} (?:slightly |sharply |hard )?", "right", END),
    (rf"(?<!\b{SUBJECT} )", "left|right", rf"[- ]{PART}\b(?! (?:man|in hand|prints?)\b)"),
    (rf"(?<!\b{REMAINDER}(?: is| was|'s)? )", "left|right", r" of\b(?! (?:way|passage|speech)\b)"),
    ("", "left|right", r"(?: ?[-/] ?| and | or | to )(?:the |his |her |its |their )?(?:left|right)\b"),
    (r"\b(?:left|right)(?: ?[-/] ?| and | or | to )(?:the |his |her |its |their )?", "left|right", ""),
    ("", "left|right", r"(?:-?(?:most|wards?|handed|hander|hand|facing|footed|sided?))\b"),
]
DIRECTIONS = [
    regex.compile(rf"{before}\b(?P<side>{sides}){after}", regex.IGNORECASE)
    for before, sides, after in CONTEXTS
]


def flip_caption(caption: str) -> str | None:
    """Swap `left` and `right` in an English caption.

    Args:
        caption: a caption in English.

    Returns:
        The caption of the flipped image; None if one of the two words is not recognized as a direction.

    Example:
        >>> flip_caption("a star left of a ring, on the right.")
        'a star right of a ring, on the left.'
        >>> flip_caption("a girl left the room") is None
        True
    """
    if NO_DIRECTION.search(caption):
        return None
    sides = list(SIDE.finditer(caption))
    if not sides:
        return caption
    matches = [match for pattern in DIRECTIONS for match in pattern.finditer(caption, overlapped=True)]
    directions = {match.start("side") for match in matches}
    if any(match.start() not in directions for match in sides):
        return None
    return SIDE.sub(_counterpart, caption)


def flip_offsets(caption: str, offsets: np.ndarray) -> np.ndarray:
    """Move offsets in a caption to the same words of its flip, where `left` and `right` are swapped.

    Args:
        caption: a caption that has a flip.
        offsets: bytes of the caption.

    Returns:
        Bytes of the flipped caption, in the shape of `offsets`.

    Example:
        >>> flip_offsets("left of a star, right of a ring", np.array([8, 14, 25])).tolist()
        [9, 15, 25]
    """
    moved = np.array(offsets)
    for match in SIDE.finditer(caption):
        end = len(caption[: match.end()].encode())
        moved += (len(_counterpart(match)) - len(match.group())) * (np.asarray(offsets) >= end)
    return moved


def is_english(captions: Iterable[str]) -> bool:
    """Return whether captions are English, by the share of frequent English function words.

    Example:
        >>> is_english(["a dog runs on the grass"]), is_english(["ein Hund rennt im Gras"])
        (True, False)
    """
    words = [word for caption in captions for word in caption.lower().split()]
    return sum(word in FUNCTION_WORDS for word in words) > MIN_FUNCTION_WORDS * len(words)


def _counterpart(match: regex.Match) -> str:
    word = match.group()
    other = {"left": "right", "right": "left"}[word.lower()]
    return other.upper() if word.isupper() else other.title() if word.istitle() else other

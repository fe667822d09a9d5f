r"""Classes of Unicode characters, as contents of the brackets of a regular expression (RE2).

`SPACES` are the characters that Python's `str.isspace` knows. `INVISIBLE` have no width and no meaning of
their own: control characters, soft hyphen, grapheme joiner, zero width space, word joiner, byte order mark,
marks of direction, fillers. `JOINERS` are the zero width joiner and non-joiner and the Mongolian vowel
separator. They are spelling after the characters of `JOINED`: letters and marks of Asian scripts (Arabic to
Myanmar, Khmer, Mongolian), and emoji.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from .canonical_composition import LEADING_JAMO, SYLLABLES, TRAILING_JAMO, VOWEL_JAMO, composition_tables

OTHER_SPACES = (  # than U+0020
    r"\x09-\x0D\x1C-\x1F\x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"
)
SPACES = rf"\x20{OTHER_SPACES}"
INVISIBLE = (
    r"\x00-\x08\x0E-\x1B\x7F-\x{84}\x{86}-\x{9F}\x{AD}\x{34F}\x{61C}\x{200B}\x{200E}\x{200F}"
    r"\x{202A}-\x{202E}\x{2060}-\x{206F}\x{3164}\x{FEFF}\x{FFA0}\x{FFF9}-\x{FFFB}"
)
DECOMPOSED_SPACES = {0x2000, 0x2001}  # whose canonical decompositions are other spaces
JOINERS = r"\x{180E}\x{200C}\x{200D}"
JOINED = (
    r"\x{620}-\x{109F}\x{1780}-\x{180D}\x{180F}-\x{18AF}\x{1900}-\x{1CFF}\x{A800}-\x{ABFF}"
    r"\x{FB50}-\x{FDFF}\x{FE70}-\x{FEFC}\x{10A00}-\x{11FFF}\p{So}\x{FE0F}\x{1F3FB}-\x{1F3FF}"
)


class CompositionClasses(NamedTuple):
    """Characters that canonical composition can change.

    singles: they change alone; spaces are left out.
    first: they can be composed with a character after them.
    second: they can be composed with a character before them, or change their order.
    """

    singles: str
    first: str
    second: str


@cache
def composition_classes() -> CompositionClasses:
    """Compute the classes from the tables of canonical composition."""
    tables = composition_tables()
    first, second = (set(characters) for characters in zip(*tables.composition, strict=True))
    second = second.union(tables.combining_class, VOWEL_JAMO, TRAILING_JAMO)
    second |= {character for character, parts in tables.decomposition.items() if parts[0] in second}
    return CompositionClasses(
        singles=_ranges(tables.decomposition.keys() - set(tables.composition.values()) - DECOMPOSED_SPACES),
        first=_ranges(first.union(LEADING_JAMO, SYLLABLES)),
        second=_ranges(second),
    )


def _ranges(code_points: Iterable[int]) -> str:
    """Format code points as ranges of a regular expression."""
    ranges: list[list[int]] = []
    for code_point in sorted(code_points):
        if ranges and ranges[-1][1] == code_point - 1:
            ranges[-1][1] = code_point
        else:
            ranges.append([code_point, code_point])
    return "".join(rf"\x{{{first:X}}}-\x{{{last:X}}}" for first, last in ranges)

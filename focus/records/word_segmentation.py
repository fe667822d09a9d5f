"""Words of a text by Unicode word boundaries (UAX #29), with byte spans, and texts from words.

A word is a run of letters with their combining marks, or a number. Apostrophes and decimal points inside
belong to it, and so do hyphens, a tailoring that the standard suggests. Scripts without spaces would need a
dictionary. Without one, each ideograph and each letter of Hiragana, Thai, Lao, Khmer and Burmese, with its
marks, is a word.
"""

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from ...optional_dependencies import optional_dependency
from .axes import TextAxis
from .spans import Spans

SEGMENT = r"\X+?\b"  # up to the next boundary, and never a part of a character
WORD = rf"(?=[\p{{L}}\p{{N}}_]){SEGMENT}"
HYPHENS = r"[-\u2010\u2011]"
# `regex` has no boundary behind half a flag, nor behind a mark without a letter.
FRAGMENT = r"\p{Regional_Indicator}{1,2}\p{M}*|[\p{M}\p{Emoji_Modifier}]+"
VISIBLE = r"[^\s\p{Z}\p{Cf}]"
TOKEN = rf"{WORD}(?:{HYPHENS}{WORD})*|{FRAGMENT}|(?={VISIBLE}){SEGMENT}"
WORD_CHARACTER = r"[\p{L}\p{N}\p{Extended_Pictographic}\p{Regional_Indicator}]"
OPENING = r"[\p{Ps}\p{Pi}¿¡]+"


def word_spans(text: str) -> tuple[list[str], Spans]:
    """Split a text into words and punctuation marks, with their byte spans.

    Args:
        text: any text.

    Returns:
        The words, punctuation marks, symbols and control characters, and for each its start and end in bytes.
        Whitespace and invisible format characters between them belong to none.

    Example:
        >>> word_spans("É bom, não?")
        (['É', 'bom', ',', 'não', '?'], [(0, 2), (3, 6), (6, 7), (8, 12), (12, 13)])
        >>> word_spans("don't, well-known 3.5 हिन्दी 你好")[0]
        ["don't", ',', 'well-known', '3.5', 'हिन्दी', '你', '好']

    Reference:
        Unicode Standard Annex #29, Unicode Text Segmentation, section 4.
    """
    matches = list(compile_pattern(TOKEN).finditer(text))
    words, spans = [match.group() for match in matches], [match.span() for match in matches]
    if text.isascii():
        return words, spans
    to_byte = np.cumsum([0, *(len(character.encode()) for character in text)])
    return words, [(int(to_byte[start]), int(to_byte[end])) for start, end in spans]


def word_offsets(text: str) -> np.ndarray:
    """Compute the byte span of each word, with the punctuation that adjoins it.

    Punctuation belongs to the word before it. Opening brackets and quotes, and punctuation behind a space,
    belong to the word behind. Punctuation between spaces is a word. In a text with spaces these are therefore
    the words that they separate. Emoji are words.

    Args:
        text: any text.

    Returns:
        `(words, 2)` int, start and end of each word, as `words_from_pieces` takes them.

    Example:
        >>> word_offsets("não é  (bom).").tolist()
        [[0, 4], [5, 7], [9, 15]]
    """
    tokens, spans = word_spans(text)
    starts = [*_first_tokens(tokens, spans), len(tokens)]
    offsets = [(spans[first][0], spans[following - 1][1]) for first, following in pairwise(starts)]
    return np.array(offsets, int).reshape(-1, 2)


def word_axis(text: str) -> TextAxis:
    """Label the words of a text, each with the punctuation that adjoins it, see `word_offsets`.

    Args:
        text: any text.

    Returns:
        The axis of its words.

    Example:
        >>> word_axis("não é  bom.").labels
        ['não', 'é', 'bom.']
        >>> word_axis("电影很好。").labels
        ['电', '影', '很', '好。']
    """
    offsets, encoded = word_offsets(text), text.encode()
    return TextAxis([encoded[start:end].decode() for start, end in offsets], offsets, text)


def join_words(axis: TextAxis, order: Sequence[int] | np.ndarray) -> str:
    """Join words of a text: in another order, or only some of them.

    Between two words stands the space of the text between them, if it has one. Words without a space between
    them are joined without one, unless they would become one word.

    Args:
        axis: the words of a text. Its labels are joined, and may differ from the words of its text.
        order: positions of the words to join.

    Returns:
        The text. `word_axis` of it has the labels of `order`, if each is a word.

    Raises:
        ValueError: if the axis has no text.

    Example:
        >>> join_words(word_axis("a  big  dog"), [0, 2])
        'a  dog'
        >>> join_words(word_axis("电影很好"), [2, 3, 0, 1])
        '很好电影'
        >>> join_words(word_axis("用Python写Go"), [0, 1, 3])  # a space keeps two words
        '用Python Go'
    """
    if axis.text is None:
        raise ValueError("`axis` must have a text. Received: axis.text=None")
    spaces = _spaces_before(axis)
    parts = [axis.labels[index] for index in order[:1]]
    for previous, index in pairwise(order):
        between = spaces[min(previous, index) + 1 : max(previous, index) + 1]
        space = spaces[index] if index == previous + 1 else next(filter(str.isspace, between), "")
        left, right = axis.labels[previous], axis.labels[index]
        parts += [space if space.isspace() else _space_between(left, right, space), right]
    return "".join(parts)


@cache
def compile_pattern(pattern: str) -> Any:
    """Compile a pattern of the library `regex`, with the word boundaries of Unicode."""
    with optional_dependency("focus"):
        import regex

    return regex.compile(pattern, regex.VERSION1 | regex.WORD)


def _first_tokens(tokens: Sequence[str], spans: Spans) -> Iterator[int]:
    """Generate the position of the first token of each word."""
    word_character, opening = compile_pattern(WORD_CHARACTER), compile_pattern(OPENING)
    has_word = False
    for index, token in enumerate(tokens):
        if index == 0 or spans[index][0] > spans[index - 1][1]:
            yield index
            has_word = False
        if word_character.search(token):
            if has_word:
                first = index
                while opening.fullmatch(tokens[first - 1]):
                    first -= 1
                yield first
            has_word = True


def _spaces_before(axis: TextAxis) -> list[str]:
    """The text between each word and the word before it."""
    encoded, (starts, ends) = (axis.text or "").encode(), np.asarray(axis.offsets, int).T
    return [encoded[end:start].decode() for end, start in zip([0, *ends], starts, strict=False)]


@lru_cache(10_000)  # many texts of a faithfulness test have the same neighbours
def _space_between(left: str, right: str, separator: str) -> str:
    """The separator, or a space if two words with the separator would not remain the same two words."""
    return separator if word_axis(left + separator + right).labels == [left, right] else " "

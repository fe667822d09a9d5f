"""Markup of rationales: square brackets around spans of a text, converted to byte offsets."""

import re
from typing import NamedTuple

Span = tuple[int, int]


class AnnotatedText(NamedTuple):
    """A text with the `(start, end)` UTF-8 bytes of its rationales and sentences."""

    text: str
    rationales: list[Span]
    sentences: list[Span]


def parse_markup(sentences: list[str]) -> AnnotatedText:
    """Join marked sentences, capitalize each and convert its markup to byte offsets.

    Args:
        sentences: texts with square brackets around rationales.

    Returns:
        The text without markup, and its spans.

    Example:
        >>> parse_markup(["the décor [was not ugly].", "[I agree]."])
        AnnotatedText(text='The décor was not ugly. I agree.', rationales=[(11, 23), (25, 32)],
                      sentences=[(0, 24), (25, 33)])
    """
    text, rationales, bounds = "", [], []
    for sentence in sentences:
        text += " " if text else ""
        start = _num_bytes(text)
        for part in re.split(r"(\[.*?\])", _capitalize(sentence)):
            content = part.strip("[]")
            if content != part:
                rationales.append((_num_bytes(text), _num_bytes(text + content)))
            text += content
        bounds.append((start, _num_bytes(text)))
    return AnnotatedText(text, rationales, bounds)


def strip_markup(text: str) -> str:
    """Remove the square brackets of a marked text."""
    return text.replace("[", "").replace("]", "")


def split_sentences(text: str) -> list[str]:
    """Split a marked text after `.`, `!` and `?`; no word may contain one of them."""
    return re.split(r"(?<=[.!?]) ", text)


def _capitalize(sentence: str) -> str:
    return re.sub(r"[^\W\d_]", lambda letter: letter[0].upper(), sentence, count=1)


def _num_bytes(text: str) -> int:
    return len(text.encode())

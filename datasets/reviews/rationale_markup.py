"""Marked text: square brackets hold the rationale, and leave no trace but its bytes."""

import re
from typing import NamedTuple

Span = tuple[int, int]


class AnnotatedText(NamedTuple):
    """A text, and from which to which UTF-8 byte its rationales and its sentences go."""

    text: str
    rationales: list[Span]
    sentences: list[Span]


def write(sentences: list[str]) -> AnnotatedText:
    """Joins marked sentences, each with a capital first, and takes the marks out.

    Example:

    >>> write(["the décor [was not ugly].", "[I agree]."])
    Written(text='The décor was not ugly. I agree.', rationales=[(11, 23), (25, 32)],
            sentences=[(0, 24), (25, 33)])
    """
    text, rationales, bounds = "", [], []
    for sentence in sentences:
        text += " " if text else ""
        start = _bytes(text)
        for part in re.split(r"(\[.*?\])", _capital(sentence)):
            inside = part.strip("[]")
            if inside != part:
                rationales.append((_bytes(text), _bytes(text + inside)))
            text += inside
        bounds.append((start, _bytes(text)))
    return AnnotatedText(text, rationales, bounds)


def strip_markup(text: str) -> str:
    """The text without a rationale."""
    return text.replace("[", "").replace("]", "")


def split_sentences(text: str) -> list[str]:
    """The sentences of a marked text. None of its words has a full stop inside."""
    return re.split(r"(?<=[.!?]) ", text)


def _capital(sentence: str) -> str:
    return re.sub(r"[^\W\d_]", lambda first: first[0].upper(), sentence, count=1)


def _bytes(text: str) -> int:
    return len(text.encode())

"""Bilingual phrases as lists of aligned words, and their realization as text."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

# Words that attach to the preceding word without a space.
ATTACHED = (".", ",", "?", "'", "n't", "-")


@dataclass(frozen=True, eq=False)
class Word:
    """One word of a derivation; a Portuguese word names its English source words."""

    text: str
    sources: tuple["Word", ...] = ()


class Phrase(NamedTuple):
    """A phrase in both languages, as lists of words."""

    en: list[Word]
    pt: list[Word]


class Sentence(NamedTuple):
    """A realized sentence: its text, its words and their `(start, end)` byte spans."""

    text: str
    words: list[str]
    spans: list[tuple[int, int]]


def parse_phrase(english: str, portuguese: str) -> Phrase:
    """Parse a fixed phrase.

    Args:
        english: words, separated by spaces.
        portuguese: words, separated by spaces. A word may end in a colon and the indices of its
            English source words: `que:0,1`.

    Returns:
        The aligned phrase.
    """
    en = [Word(text) for text in english.split()]
    pt = []
    for entry in portuguese.split():
        text, _, indices = entry.partition(":")
        pt.append(Word(text, tuple(en[int(index)] for index in indices.split(",") if index)))
    return Phrase(en, pt)


def concatenate(*phrases: Phrase) -> Phrase:
    """Concatenate phrases in the same order in both languages."""
    return Phrase(
        [word for phrase in phrases for word in phrase.en],
        [word for phrase in phrases for word in phrase.pt],
    )


def realize(words: Iterable[Word]) -> Sentence:
    """Join words into a sentence with an initial capital; attached words take no space."""
    text, surfaces, spans, length = "", [], [], 0
    for word in words:
        surface = word.text if text else word.text[0].upper() + word.text[1:]
        separator = "" if not text or surface.startswith(ATTACHED) else " "
        text += separator + surface
        length += len(separator) + len(surface.encode())
        surfaces.append(surface)
        spans.append((length - len(surface.encode()), length))
    return Sentence(text, surfaces, spans)


def word_alignment(phrase: Phrase) -> list[tuple[int, int]]:
    """Return the gold alignment: sorted pairs of an English and a Portuguese word index."""
    index_of = {word: index for index, word in enumerate(phrase.en)}
    return sorted(
        (index_of[source], index) for index, word in enumerate(phrase.pt) for source in word.sources
    )

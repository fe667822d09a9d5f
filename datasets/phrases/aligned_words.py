"""Words that know which words they translate, and the sentence that a list of them writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

JOINED = (".", ",", "?", "'", "n't", "-")


@dataclass(frozen=True, eq=False)
class Word:
    """One word of a derivation; a Portuguese one names the English words that it renders."""

    text: str
    sources: tuple["Word", ...] = ()


class Phrase(NamedTuple):
    """The same thing in both languages."""

    en: list[Word]
    pt: list[Word]


class Sentence(NamedTuple):
    """A sentence, and the words in it with their byte spans."""

    text: str
    words: list[str]
    spans: list[tuple[int, int]]


def parse_phrase(english: str, portuguese: str) -> Phrase:
    """A fixed phrase; each Portuguese word carries the indices of its English words: `que:0,1`."""
    en = [Word(text) for text in english.split()]
    pt = []
    for entry in portuguese.split():
        text, _, indices = entry.partition(":")
        pt.append(Word(text, tuple(en[int(i)] for i in indices.split(",") if i)))
    return Phrase(en, pt)


def concatenate(*phrases: Phrase) -> Phrase:
    """Phrases one after the other, in the same order in both languages."""
    return Phrase([w for p in phrases for w in p.en], [w for p in phrases for w in p.pt])


def realize(words: Iterable[Word]) -> Sentence:
    """Joins words into a sentence: a capital first, no space before a joined word."""
    text, surfaces, spans, length = "", [], [], 0
    for word in words:
        surface = word.text if text else word.text[0].upper() + word.text[1:]
        joined = not text or surface.startswith(JOINED)
        text += surface if joined else " " + surface
        length += (not joined) + len(surface.encode())
        surfaces.append(surface)
        spans.append((length - len(surface.encode()), length))
    return Sentence(text, surfaces, spans)


def word_alignment(sentence: Phrase) -> list[tuple[int, int]]:
    """The gold alignment: (English, Portuguese) word positions, sorted."""
    position = {word: index for index, word in enumerate(sentence.en)}
    return sorted((position[e], p) for p, word in enumerate(sentence.pt) for e in word.sources)

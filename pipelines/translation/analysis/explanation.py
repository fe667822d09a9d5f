"""Where the translator looked for each word, told by the `explain` signature of its SavedModel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ....datasets import ParallelText
from ....focus.figures.alignment import alignment_figure
from ....focus.records.alignment import (
    AlignmentError,
    Links,
    Spans,
    align,
    alignment_error_rate,
    word_spans,
    words_from_pieces,
)
from ...saved_model.batched_calls import Signature, SignatureOutputs, answers


@dataclass(frozen=True)
class Explanation:
    """A translation, and for each of its words where the model looked.

    attention: `(target words, source words)`; the last source word is `[END]`, the mark behind the
    text, so that what was spent on no word is seen too. gate: `(target words,)`, from 0 (only looked)
    to 1 (relied on what was already written).
    """

    source: str
    translation: str
    score: float
    source_words: list[str]
    target_words: list[str]
    attention: np.ndarray
    gate: np.ndarray

    def figure(self) -> Any:
        """The heat map of the attention, the gate beside it: a matplotlib figure."""
        return alignment_figure(self.attention, self.source_words, self.target_words, self.gate)

    def table(self) -> str:
        """A line for each target word: the source word it looked at most, how much, and the gate."""
        linked = {target: source for source, target in align(self.attention)}
        widths = [max(map(len, words), default=0) for words in (self.target_words, self.source_words)]
        lines = []
        for place, word in enumerate(self.target_words):
            looked = self.source_words[linked[place]] if place in linked else "-"
            weight = self.attention[place].max(initial=0.0)
            lines.append(
                f"{word:<{widths[0]}}  <-  {looked:<{widths[1]}}  {weight:4.0%}  gate {self.gate[place]:.2f}"
            )
        return "\n".join(lines)


def explain(signature: Signature, text: str) -> Explanation:
    """Translate one text and say where the model looked.

    Args:
        signature: the `explain` signature of a SavedModel of this pipeline.
        text: what to translate.
    """
    (told,) = answers(signature, [text], lambda told, _: told)
    translation = told["text"].decode()
    (source_words, source_spans), (target_words, target_spans) = map(word_spans, (text, translation))
    attention = _between_words(told, source_spans, target_spans)
    elsewhere = np.clip(1 - attention.sum(axis=1, keepdims=True), 0, 1)
    attention, source_words = np.hstack([attention, elsewhere]), [*source_words, "[END]"]
    gate = _of_words(told, target_spans)
    score = float(told["score"])
    return Explanation(text, translation, score, source_words, target_words, attention, gate)


class Linked(NamedTuple):
    """A translation, and for each of its words the source word that it looked at most.

    links: pairs `(source, target)` of words; None where the translation is not the reference: gold speaks of
        the words of the reference.
    """

    translation: str
    links: Links | None


def link(signature: Signature, test: ParallelText) -> list[Linked]:
    """Translate a test set and say where the model looked, between the words that its gold alignments link.

    Args:
        signature: the `explain` signature of a SavedModel of this pipeline.
        test: sentences with their alignments and the spans of their words.

    Raises:
        ValueError: if the alignments are not known.
    """
    if test.alignment is None or test.source_spans is None or test.target_spans is None:
        raise ValueError("expected a test set with gold alignments and spans; received one without")
    spans = list(zip(test.source_spans, test.target_spans, strict=True))

    def linked(told: SignatureOutputs, place: int) -> Linked:
        translation = told["text"].decode()
        exact = translation == test.target[place]
        return Linked(translation, align(_between_words(told, *spans[place])) if exact else None)

    return answers(signature, test.source, linked)


def alignment_error(found: Sequence[Linked], gold: Sequence[Links]) -> tuple[AlignmentError | None, int]:
    """Alignment error rate of the exported attention, against gold alignments.

    Args:
        found: from `link`; only translations that are the reference count.
        gold: pairs `(source, target)` of each sentence.

    Returns:
        The error, and the number of sentences that it was measured on; None where no translation is
        the reference.
    """
    pairs = [(one.links, links) for one, links in zip(found, gold, strict=True) if one.links is not None]
    return (alignment_error_rate(*zip(*pairs, strict=True)) if pairs else None), len(pairs)


def _between_words(told: SignatureOutputs, source_spans: Spans, target_spans: Spans) -> np.ndarray:
    return words_from_pieces(
        told["attention"],
        told["source_offsets"],
        told["target_offsets"],
        source_spans,
        target_spans,
    )


def _of_words(told: SignatureOutputs, target_spans: Spans) -> np.ndarray:
    """The gate of each word, the mean of its pieces'."""
    whole = [(0, 1)]
    gate = told["gate"][:, None]
    return words_from_pieces(gate, whole, told["target_offsets"], whole, target_spans)[:, 0]

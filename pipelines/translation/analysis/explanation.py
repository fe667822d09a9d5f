"""Explanation of one translation: word-level attention and gate from the `explain` signature."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ....focus.figures import alignment_figure
from ....focus.figures.style import format_weight
from ....focus.records import align, word_spans
from ....focus.records.focus_record import is_from_sentinel
from ...evaluation.legends import MEMORY_MARK, attention_legend, table_legend
from ...evaluation.word_records import END_MARK, word_gate
from ...saved_model.batched_calls import Signature, map_signature
from .alignment import attention_between_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Explanation:
    """A translation with its word-level attention and gate.

    attention: `(target words, source words)`. The last source word is the mark `[END]`, which holds the
        attention outside of all words.
    gate: `(target words,)`, from 0 (source attention alone) to 1 (the decoder's memory alone); None for a
        model without a gate.
    num_heads: number of heads, of which attention and gate are the mean.
    bytes_read: UTF-8 bytes of the source before the truncation; None if it is not truncated.
    """

    source: str
    translation: str
    score: float
    source_words: list[str]
    target_words: list[str]
    attention: npt.NDArray[np.floating]
    gate: npt.NDArray[np.floating] | None
    num_heads: int = 1
    bytes_read: int | None = None

    def figure(self) -> "Figure":
        """Draw the heat map of the attention with the gate; returns a matplotlib figure."""
        return alignment_figure(
            self.attention,
            self.source_words,
            self.target_words,
            self.gate,
            label=attention_legend(self.num_heads),
        )

    def table(self) -> str:
        """Format a line for each target word: its source word of highest weight, the weight, the gate.

        A word that is written from memory has a mark instead of a source word.
        """
        source_of = {target: source for source, target in align(self.attention)}
        target_width, source_width = (
            max(map(len, words), default=0) for words in (self.target_words, self.source_words)
        )
        lines = []
        for index, word in enumerate(self.target_words):
            source = self.source_words[source_of[index]] if index in source_of else "-"
            weight = self.attention[index].max(initial=0.0)
            origin = f"<-  {source:<{source_width}}  {format_weight(weight):>4}"
            gate = None if self.gate is None else self.gate[index]
            if is_from_sentinel(gate):
                origin = f"{MEMORY_MARK:<{len(origin)}}"
            cells = [f"{word:<{target_width}}", origin, *([] if gate is None else [f"gate {gate:.2f}"])]
            lines.append("  ".join(cells))
        return "\n".join([*lines, "", table_legend(self.num_heads, self.gate is not None)])


def explain(signature: Signature, text: str) -> Explanation:
    """Translate one text and return its word-level attention.

    Args:
        signature: the `explain` signature of a translator.
        text: source text.
    """
    (outputs,) = map_signature(signature, [text], lambda outputs, _: outputs)
    translation = outputs["text"].decode()
    (source_words, source_spans), (target_words, target_spans) = map(word_spans, (text, translation))
    attention = attention_between_words(outputs, source_spans, target_spans)
    gate = word_gate(outputs["gate"][None], outputs["target_offsets"], target_spans)
    remainder = np.clip(1 - attention.sum(axis=1, keepdims=True), 0, 1)
    return Explanation(
        source=text,
        translation=translation,
        score=float(outputs["score"]),
        source_words=[*source_words, END_MARK],
        target_words=target_words,
        attention=np.hstack([attention, remainder]),
        gate=None if gate is None else gate[0],
        num_heads=outputs["attention_heads"].shape[2],
        bytes_read=int(outputs.get("bytes_read", outputs["source_offsets"].max(initial=0))),
    )

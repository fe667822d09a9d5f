"""Explanation of a caption: the attention and gate of each word, from the `explain` signature."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from ....focus.figures import overlay_figure
from ....focus.figures.style import format_weight
from ....focus.records import word_spans, words_from_pieces
from ....focus.records.focus_record import is_from_sentinel
from ...evaluation.legends import MEMORY_MARK, attention_legend, table_legend
from ...evaluation.word_records import word_gate
from ...saved_model.batched_calls import Signature
from ..image_decoding import decoding_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Explanation:
    """A caption with the attention of each of its words.

    caption: the text. score: its score.
    words: its words.
    attention: `(words, rows, columns)`.
    gate: `(words,)`, from 0 (attention to the image alone) to 1 (the decoder's memory alone); None for a
        model without a gate.
    regions: `(rows, columns, 4)`, top, left, bottom and right of each cell in pixels of the image.
    num_heads: number of heads, of which attention and gate are the mean.
    """

    caption: str
    score: float
    words: list[str]
    attention: np.ndarray
    gate: np.ndarray | None
    regions: np.ndarray
    num_heads: int = 1

    def figure(self, image: np.ndarray) -> "Figure":
        """Draw the attention of each word over the image `(height, width, 3)`: a matplotlib figure."""
        label = attention_legend(self.num_heads)
        return overlay_figure(image, self.attention, self.words, self.gate, label=label)

    def table(self) -> str:
        """Format a line for each word: its gate, and the region of highest weight, in pixels of the image.

        A word that is written from memory has a mark instead of a region.
        """
        width = max(map(len, self.words), default=0)
        lines = []
        for index, word in enumerate(self.words):
            gate = None if self.gate is None else self.gate[index]
            cells = [f"{word:<{width}}", *([] if gate is None else [f"gate {gate:.2f}"])]
            cells.append(MEMORY_MARK if is_from_sentinel(gate) else self._highest_region(index))
            lines.append("  ".join(cells))
        return "\n".join([*lines, "", table_legend(self.num_heads, self.gate is not None)])

    def _highest_region(self, index: int) -> str:
        weights = self.attention[index]
        top, left, bottom, right = self.regions[np.unravel_index(weights.argmax(), weights.shape)]
        return (
            f"highest weight {format_weight(weights.max()):>4} "
            f"at pixel rows {top:.0f}-{bottom:.0f}, columns {left:.0f}-{right:.0f}"
        )


def explain(signature: Signature, encoded: bytes) -> Explanation:
    """Caption one encoded image and compute the attention of each word.

    Args:
        signature: the `explain` signature of a SavedModel of this pipeline.
        encoded: an image file.

    Raises:
        ValueError: if the image cannot be decoded.
    """
    outputs = {name: value.numpy()[0] for name, value in signature(image=tf.constant([encoded])).items()}
    if not outputs["valid"]:
        raise ValueError(
            f"`encoded` must be an image that can be decoded. Received: {decoding_error(encoded)}"
        )
    caption = outputs["text"].decode()
    words, spans = word_spans(caption)
    attention, regions = outputs["attention"], outputs["regions"]
    cells = [(index, index + 1) for index in range(regions.shape[0] * regions.shape[1])]

    offsets = outputs["target_offsets"]
    weights = words_from_pieces(attention.reshape(len(attention), -1), cells, offsets, cells, spans)
    gate = word_gate(outputs["gate"][None], offsets, spans)
    return Explanation(
        caption,
        float(outputs["score"]),
        words,
        weights.reshape(-1, *attention.shape[1:]),
        None if gate is None else gate[0],
        regions,
        outputs["attention_heads"].shape[2],
    )

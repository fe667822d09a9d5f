"""Where the captioner looked for each word, told by the `explain` signature of its SavedModel."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from ....focus.figures.overlay import overlay_figure
from ....focus.records.alignment import word_spans, words_from_pieces
from ...saved_model.batched_calls import Signature


@dataclass(frozen=True)
class Explanation:
    """A caption, and for each of its words where the model looked.

    attention: `(words, rows, columns)`. gate: `(words,)`, from 0 (only looked) to 1 (relied on what was
    already written). regions: `(rows, columns, 4)`, top, left, bottom and right of each cell in pixels of
    the picture.
    """

    caption: str
    score: float
    words: list[str]
    attention: np.ndarray
    gate: np.ndarray
    regions: np.ndarray

    def figure(self, image: np.ndarray) -> Any:
        """The picture `(height, width, 3)` lit up where each word looked: a matplotlib figure."""
        return overlay_figure(image, self.attention, self.words, self.gate)

    def table(self) -> str:
        """A line for each word: the gate, and the cell it looked at most, as pixels of the picture."""
        width = max(map(len, self.words), default=0)
        lines = []
        for word, weights, gate in zip(self.words, self.attention, self.gate, strict=True):
            top, left, bottom, right = self.regions[np.unravel_index(weights.argmax(), weights.shape)]
            lines.append(
                f"{word:<{width}}  gate {gate:.2f}  looked most at rows {top:.0f}-{bottom:.0f}, "
                f"columns {left:.0f}-{right:.0f}: {weights.max():.0%}"
            )
        return "\n".join(lines)


def explain(signature: Signature, encoded: bytes) -> Explanation:
    """Describe one encoded picture and say where the model looked.

    Args:
        signature: the `explain` signature of a SavedModel of this pipeline.
        encoded: a JPEG or PNG file.

    Raises:
        ValueError: if the picture cannot be read.
    """
    told = {name: value.numpy()[0] for name, value in signature(image=tf.constant([encoded])).items()}
    if not told["valid"]:
        raise ValueError("expected a whole JPEG or PNG picture of at most 40 megapixels; it cannot be read")
    caption = told["text"].decode()
    words, spans = word_spans(caption)
    attention, regions = told["attention"], told["regions"]
    cells = [(place, place + 1) for place in range(regions.shape[0] * regions.shape[1])]

    def of_words(values: np.ndarray, columns: list[tuple[int, int]]) -> np.ndarray:
        return words_from_pieces(values, columns, told["target_offsets"], columns, spans)

    return Explanation(
        caption,
        float(told["score"]),
        words,
        of_words(attention.reshape(len(attention), -1), cells).reshape(-1, *attention.shape[1:]),
        of_words(told["gate"][:, None], [(0, 1)])[:, 0],
        regions,
    )

"""Gold rationales as what a classifier is to look at."""

import numpy as np

from ...datasets import LabelledText
from ..text.codec import TextCodec


def gold_attention(codec: TextCodec, rows: list[np.ndarray], text: LabelledText) -> np.ndarray:
    """Which pieces of each text are in its rationales.

    Args:
        codec: of the ids.
        rows: the ids of each text, as far as it is read.
        text: the same texts, with gold rationales.

    Returns:
        `(texts, 1, longest)` booleans, for the one query that a text is read by; a text without
        a rationale, or with none in what is read, has none.

    Raises:
        ValueError: if the texts have no gold rationales.
    """
    if text.rationales is None:
        raise ValueError(
            "expected training texts with gold rationales, to guide by them; received texts without"
        )
    gold = np.zeros((len(rows), 1, max(map(len, rows))), bool)
    for row, pieces, spans in zip(gold[:, 0], codec.row_byte_offsets(rows), text.rationales, strict=True):
        starts, ends = pieces.T
        for start, end in spans:
            row[: len(pieces)] |= (starts < end) & (ends > start) & (starts < ends)
    return gold

"""Gold alignments as what the decoder is to look at for each piece that it writes."""

import numpy as np

from ...datasets import ParallelText
from ...focus import gold_from_links
from ..text.codec import TextCodec
from ..training.batching import Sequences


def gold_attention(codec: TextCodec, pairs: Sequences, text: ParallelText) -> np.ndarray:
    """Which source pieces each target piece is to look at.

    Args:
        codec: of the ids.
        pairs: the ids of both sides; the target starts with START, and the piece after it is the first
            that is written.
        text: the same pairs, with gold alignments.

    Returns:
        `(pairs, longest target less 1, longest source)` booleans.

    Raises:
        ValueError: if the pairs have no gold alignments.
    """
    if text.alignment is None or text.source_spans is None or text.target_spans is None:
        raise ValueError(
            "expected training pairs with gold alignments, to guide by them; received pairs without"
        )
    longest = [max(map(len, pairs[side])) for side in ("target", "source")]
    gold = np.zeros((len(text), longest[0] - 1, longest[1]), bool)
    sides = (codec.row_byte_offsets(pairs[side]) for side in ("source", "target"))
    examples = zip(*sides, text.alignment, text.source_spans, text.target_spans, strict=True)
    for row, (source, target, links, *words) in zip(gold, examples, strict=True):
        row[: len(target) - 1, : len(source)] = gold_from_links(links, source, target[1:], *words) > 0
    return gold

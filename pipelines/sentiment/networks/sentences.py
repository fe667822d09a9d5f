"""Which pieces make up which sentence."""

from collections.abc import Sequence
from typing import Any

from keras import ops

from ...text.codec import PAD

ENDS = {".", "!", "?", "…", "。", "！", "？"}


def sentence_ends(vocabulary: Sequence[str]) -> list[int]:
    """The ids of the pieces that end a sentence."""
    return [id_ for id_, piece in enumerate(vocabulary) if piece.removeprefix("##").strip() in ENDS]


def sentence_mask(ids: Any, ends: Sequence[int], count: int) -> Any:
    """Whether a piece belongs to a sentence.

    A sentence goes up to the last of the marks that end it: "Really?!" is one.

    Args:
        ids: `(batch, T)` int32.
        ends: the ids of the marks.
        count: number of sentences; the last one holds all that follow.

    Returns:
        `(batch, count, T)` bool; padding belongs to none.

    Example:
        >>> members = sentence_mask(np.array([[7, 8, 5, 5, 9, 5, 0]]), ends=[5], count=3)
        >>> members.numpy().astype(int).tolist()
        [[[1, 1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0]]]
    """
    is_end = ops.any(ops.equal(ids[..., None], ops.array(list(ends), dtype="int32")), axis=-1)
    after_end = ops.pad(is_end, [[0, 0], [1, 0]])[:, :-1]
    starts = ops.logical_and(after_end, ops.logical_not(is_end))
    number = ops.minimum(ops.cumsum(ops.cast(starts, "int32"), axis=1), count - 1)
    number = ops.where(ops.equal(ids, PAD), -1, number)
    return ops.equal(number[:, None], ops.arange(count, dtype="int32")[:, None])

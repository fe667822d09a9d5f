"""Horizontal flip augmentation: flipped images with `left` and `right` swapped in their captions."""

import re
from collections.abc import Sequence

import numpy as np

from ...datasets.captioning import AnnotationTable


class WithFlips:
    """Rows of images, followed by the same rows flipped horizontally.

    Index `i` is image `i`; index `len(rows) + i` is its flip.

    Args:
        rows: `(images, rows, columns, ...)`, pixels or grid cells.
        flipped: the same of the flipped images; None flips `rows` along the columns on access.

    Example:
        >>> WithFlips(np.array([[[1, 2]], [[3, 4]]]))[np.array([1, 3])].tolist()
        [[[3, 4]], [[4, 3]]]
    """

    def __init__(self, rows: np.ndarray, flipped: np.ndarray | None = None):
        self.rows = rows
        self.flipped = rows[:, :, ::-1] if flipped is None else flipped

    def __getitem__(self, indices: np.ndarray) -> np.ndarray:
        selected = self.rows[indices % len(self.rows)]
        is_flipped = indices >= len(self.rows)
        selected[is_flipped] = self.flipped[indices[is_flipped] - len(self.rows)]
        return selected


def flip_boxes(tables: Sequence[AnnotationTable]) -> list[AnnotationTable]:
    """Flip the boxes of images horizontally.

    Args:
        tables: objects of each image; `bbox` is top, left, bottom, right as fractions from 0 to 1.

    Returns:
        The tables of the flipped images.
    """
    return [{**table, "bbox": _flip(np.asarray(table["bbox"]).reshape(-1, 4))} for table in tables]


def flip_caption(text: str) -> str:
    """Swap `left` and `right` in a lower-case caption.

    Example:
        >>> flip_caption("a star left of a ring, on the right.")
        'a star right of a ring, on the left.'
    """
    counterpart = {"left": "right", "right": "left"}
    return re.sub(r"\b(left|right)\b", lambda match: counterpart[match[0]], text)


def swap_words(vocabulary: Sequence[str], word: str, counterpart: str) -> np.ndarray:
    """Build a table of ids that swaps two words.

    Args:
        vocabulary: the tokens; a leading space belongs to the token.
        word, counterpart: the words to swap. A token that only contains one of them, such as `leftover`,
            stays.

    Returns:
        `(vocabulary,)` int32; `swapped[ids]` swaps the two words of a text.

    Raises:
        ValueError: if one of the words is a token and the other is not.

    Example:
        >>> swap_words(["a", " left", " right"], "left", "right").tolist()
        [0, 2, 1]
    """
    ids = {token: index for index, token in enumerate(vocabulary)}
    swapped = np.arange(len(vocabulary), dtype=np.int32)
    for old, new in ((word, counterpart), (counterpart, word)):
        for token in {old, f" {old}"} & ids.keys():
            new_id = ids.get(token.replace(old, new))
            if new_id is None:
                raise ValueError(
                    f"`vocabulary` must hold both {word!r} and {counterpart!r} for `horizontal_flip`. "
                    f"Received: only {token!r}. Run with `--no-horizontal-flip`, or with a larger "
                    "`--vocabulary-size`."
                )
            swapped[ids[token]] = new_id
    return swapped


def _flip(boxes: np.ndarray) -> np.ndarray:
    top, left, bottom, right = boxes.T
    return np.stack([top, 1 - right, bottom, 1 - left], axis=1)

"""Training pictures in a mirror: twice as many, for nothing."""

import re
from collections.abc import Sequence

import numpy as np

from ...datasets.captioning import AnnotationTable


class WithFlips:
    """Rows `(pictures, rows, columns, ...)`, and behind the last the same in a mirror.

    Args:
        rows: of pixels or cells.
        turned: what is seen in a mirror; None: the rows from right to left, made when asked for.

    Example:
        >>> WithFlips(np.array([[[1, 2]], [[3, 4]]]))[np.array([1, 3])].tolist()
        [[[3, 4]], [[4, 3]]]
    """

    def __init__(self, rows: np.ndarray, turned: np.ndarray | None = None):
        self.rows = rows
        self.turned = rows[:, :, ::-1] if turned is None else turned

    def __getitem__(self, places: np.ndarray) -> np.ndarray:
        found = self.rows[places % len(self.rows)]
        behind = places >= len(self.rows)
        found[behind] = self.turned[places[behind] - len(self.rows)]
        return found


def flip_boxes(tables: Sequence[AnnotationTable]) -> list[AnnotationTable]:
    """The objects of pictures as they stand in a mirror: `bbox` is top, left, bottom, right from 0 to 1."""
    return [{**table, "bbox": _turned(np.asarray(table["bbox"]).reshape(-1, 4))} for table in tables]


def flip_caption(text: str) -> str:
    """A lower-case caption of a picture in a mirror.

    Example:
        >>> flip_caption("a star left of a ring, on the right.")
        'a star right of a ring, on the left.'
    """
    turned = {"left": "right", "right": "left"}
    return re.sub(r"\b(left|right)\b", lambda found: turned[found[0]], text)


def swap_words(vocabulary: Sequence[str], one: str, other: str) -> np.ndarray:
    """For each piece its id, or that of the other word where the piece is one of two words.

    Args:
        vocabulary: the pieces; a blank before a word belongs to it.
        one, other: the words. What a piece holds besides them stays, as in `leftover`.

    Returns:
        `(vocabulary,)` int32; `turned[ids]` exchanges the words of a text.

    Raises:
        ValueError: if one of the words is a piece and the other is none.

    Example:
        >>> swap_words(["a", " left", " right"], "left", "right").tolist()
        [0, 2, 1]
    """
    places = {piece: place for place, piece in enumerate(vocabulary)}
    turned = np.arange(len(vocabulary), dtype=np.int32)
    for word, counterpart in ((one, other), (other, one)):
        for piece in {word, f" {word}"} & places.keys():
            found = places.get(piece.replace(word, counterpart))
            if found is None:
                raise ValueError(
                    f"expected both {one!r} and {other!r} among the pieces, to see pictures in a mirror; "
                    f"received {piece!r} alone. `--no-mirror` does without"
                )
            turned[places[piece]] = found
    return turned


def _turned(boxes: np.ndarray) -> np.ndarray:
    top, left, bottom, right = boxes.T
    return np.stack([top, 1 - right, bottom, 1 - left], axis=1)

"""Axes of attention weights: the tokens of a text or the regions of an image."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class TextAxis:
    """The tokens of a text along an axis of the attention weights.

    Args:
        labels: the tokens.
        offsets: `(tokens, 2)`, start and end of each token in bytes of `text`. A special token, such as an
            end of sentence, has length 0.
        text: the text, if available.

    Raises:
        ValueError: if there is not one pair of offsets for each label.

    Example:
        >>> TextAxis(["um", "gato"], np.array([[0, 2], [3, 7]]), "um gato").labels
        ['um', 'gato']
    """

    labels: Sequence[str]
    offsets: np.ndarray
    text: str | None = None

    def __post_init__(self) -> None:
        _check_shape("offsets", self.offsets, (len(self.labels), 2))

    @classmethod
    def from_tokens(cls, tokens: npt.ArrayLike) -> "TextAxis":
        """Build the axis of tokens whose offsets are unknown.

        The text is that of the tokens, separated by single spaces.

        Args:
            tokens: the tokens, as strings, bytes or numbers, such as token ids.

        Returns:
            The axis.

        Raises:
            ValueError: if `tokens` is not a sequence of tokens.

        Example:
            >>> axis = TextAxis.from_tokens(["um", "gato"])
            >>> axis.offsets.tolist(), axis.text
            ([[0, 2], [3, 7]], 'um gato')
        """
        array = np.asarray(tokens, dtype=object)
        if array.ndim != 1 or any(isinstance(token, list | tuple | np.ndarray) for token in array):
            raise ValueError(f"`tokens` must be a sequence of tokens. Received: tokens={tokens!r}")
        labels = [t.decode(errors="replace") if isinstance(t, bytes) else str(t) for t in array]
        lengths = np.array([len(label.encode(errors="surrogatepass")) for label in labels], int)
        ends = np.cumsum(lengths + 1) - 1
        return cls(labels, np.stack([ends - lengths, ends], axis=1), " ".join(labels))

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class ImageAxis:
    """The regions of an image along an axis of the attention weights, in row-major order.

    Args:
        boxes: `(regions, 4)`: top, left, bottom and right of each region, in pixels of the original image.
        size: height and width of the image in pixels.

    Raises:
        ValueError: if the boxes have another shape.

    Example:
        >>> ImageAxis(np.array([[0, 0, 4, 3], [0, 3, 4, 6]]), (4, 6)).labels
        ['row 1, column 1', 'row 1, column 2']
    """

    boxes: np.ndarray
    size: tuple[int, int]

    def __post_init__(self) -> None:
        _check_shape("boxes", self.boxes, (len(self.boxes), 4))

    @classmethod
    def from_grid(cls, rows: int, columns: int, size: tuple[int, int]) -> "ImageAxis":
        """Build the axis of a grid of equal regions, such as the cells of a feature map or patches.

        Args:
            rows: the number of rows.
            columns: the number of columns.
            size: height and width of the image in pixels.

        Returns:
            The axis.

        Example:
            >>> ImageAxis.from_grid(1, 2, (4, 6)).boxes.tolist()
            [[0.0, 0.0, 4.0, 3.0], [0.0, 3.0, 4.0, 6.0]]
        """
        (top, bottom), (left, right) = (
            (edges[:-1], edges[1:])
            for edges in (np.linspace(0, size[0], rows + 1), np.linspace(0, size[1], columns + 1))
        )
        boxes = [
            np.repeat(top, columns), np.tile(left, rows), np.repeat(bottom, columns), np.tile(right, rows)
        ]  # fmt: skip
        return cls(np.stack(boxes, axis=1), size)

    @property
    def grid_shape(self) -> tuple[int, int] | None:
        """Rows and columns of a grid in row-major order; None for other regions."""
        boxes = np.asarray(self.boxes)
        (tops, rows), (lefts, columns) = (np.unique(boxes[:, side], return_inverse=True) for side in (0, 1))
        shape = len(tops), len(lefts)
        is_grid = len(boxes) == shape[0] * shape[1]
        return shape if is_grid and (rows * shape[1] + columns == np.arange(len(boxes))).all() else None

    @property
    def labels(self) -> list[str]:
        """Row and column of each region of a grid; the numbers of other regions."""
        if self.grid_shape is None:
            return [f"region {index + 1}" for index in range(len(self))]
        rows, columns = self.grid_shape
        return [f"row {row + 1}, column {column + 1}" for row in range(rows) for column in range(columns)]

    def __len__(self) -> int:
        return len(self.boxes)


Axis = TextAxis | ImageAxis
"""Axis of queries or keys: the tokens of a text or the regions of an image."""


def label_axes(labels: Sequence[Any]) -> list[Axis]:
    """Convert the tokens of each example to axes.

    Args:
        labels: for each example its tokens, see `TextAxis.from_tokens`, or its axis.

    Returns:
        An axis for each example.
    """
    return [
        example if isinstance(example, TextAxis | ImageAxis) else TextAxis.from_tokens(example)
        for example in labels
    ]


def _check_shape(name: str, array: np.ndarray, shape: tuple[int, int]) -> None:
    if np.shape(array) != shape:
        raise ValueError(f"`{name}` must have shape {shape}. Received: {name}.shape={np.shape(array)}")

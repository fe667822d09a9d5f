"""What an attention layer looked at: one type for every mechanism."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class TextAxis:
    """The pieces of a text along an axis of the weights.

    labels: the pieces. offsets: `(pieces, 2)`, from which to which byte of `text` each goes; a mark
    such as an end of sentence has no length. text: what was read, where it is known.
    """

    labels: Sequence[str]
    offsets: np.ndarray
    text: str | None = None

    def __post_init__(self) -> None:
        _check_places(self.labels, self.offsets, 2, "bytes")

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class ImageAxis:
    """The regions of a picture along an axis of the weights, row by row.

    boxes: `(regions, 4)`: top, left, bottom and right of each in pixels of the original picture.
    size: height and width of the picture.
    """

    boxes: np.ndarray
    size: tuple[int, int]

    def __post_init__(self) -> None:
        _check_places(self.boxes, self.boxes, 4, "pixels")

    def __len__(self) -> int:
        return len(self.boxes)


Axis = TextAxis | ImageAxis


@dataclass(frozen=True)
class FocusRecord:
    """The weights of one attention layer over a batch, and what stands on their axes.

    layer: its name, with those of the layers around it: `"encoder/block_1/attention"`.
    weights: `(batch, heads, queries, keys)`, those that were used, before dropout; with a gate, those
        given that the layer looked.
    mask: boolean of the same shape or one that broadcasts to it, true where a query may look at a key.
    gate: `(batch, heads, queries)`, from 0 (only looked) to 1 (only relied on the sentinel).
    queries, keys: for each example what stands on the axis, where it is known. An axis may be shorter than
        the weights: what lies behind it is padding.
    """

    layer: str
    weights: np.ndarray
    mask: np.ndarray | None = None
    gate: np.ndarray | None = None
    queries: Sequence[Axis] | None = None
    keys: Sequence[Axis] | None = None

    def __post_init__(self) -> None:
        shape = self.weights.shape
        if len(shape) != 4:
            raise ValueError(f"Expected weights of shape (batch, heads, queries, keys). Received: {shape}.")
        if self.gate is not None and self.gate.shape != shape[:3]:
            raise ValueError(
                f"Expected a gate of shape (batch, heads, queries), {shape[:3]}. Received: {self.gate.shape}."
            )
        if self.mask is not None:
            np.broadcast_shapes(self.mask.shape, shape)
        for name, axes, length in (("queries", self.queries, shape[2]), ("keys", self.keys, shape[3])):
            _check_axes(name, axes, shape[0], length)

    def __len__(self) -> int:
        return len(self.weights)

    def example(self, index: int) -> "FocusRecord":
        """One example, without its padding: a record whose batch is 1."""
        queries = self.queries and self.queries[index]
        keys = self.keys and self.keys[index]
        rows = slice(None) if queries is None else slice(len(queries))
        columns = slice(None) if keys is None else slice(len(keys))
        one = slice(index, index + 1) if index >= 0 else slice(index, index + 1 or None)
        mask = None if self.mask is None else np.broadcast_to(self.mask, self.weights.shape)
        return replace(
            self,
            weights=self.weights[one, :, rows, columns],
            mask=None if mask is None else mask[one, :, rows, columns],
            gate=None if self.gate is None else self.gate[one, :, rows],
            queries=None if queries is None else [queries],
            keys=None if keys is None else [keys],
        )


def _check_places(labels: Sequence | np.ndarray, places: np.ndarray, width: int, unit: str) -> None:
    if np.shape(places) != (len(labels), width):
        raise ValueError(
            f"Expected {width} {unit} for each label, {(len(labels), width)}. Received: {np.shape(places)}."
        )


def _check_axes(name: str, axes: Sequence[Axis] | None, batch: int, length: int) -> None:
    if axes is None:
        return
    if len(axes) != batch:
        raise ValueError(f"Expected {name} for each of {batch} examples. Received: {len(axes)}.")
    longest = max(map(len, axes), default=0)
    if longest > length:
        raise ValueError(f"Expected at most {length} labels of {name}. Received: {longest}.")

"""Focus record: attention weights of one layer with their axes, mask and gate."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np


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
    """

    labels: Sequence[str]
    offsets: np.ndarray
    text: str | None = None

    def __post_init__(self) -> None:
        _check_shape("offsets", self.offsets, (len(self.labels), 2))

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
    """

    boxes: np.ndarray
    size: tuple[int, int]

    def __post_init__(self) -> None:
        _check_shape("boxes", self.boxes, (len(self.boxes), 4))

    def __len__(self) -> int:
        return len(self.boxes)


Axis = TextAxis | ImageAxis


@dataclass(frozen=True)
class FocusRecord:
    """Attention weights of one layer over a batch, with their axes, mask and gate.

    Args:
        layer: name of the layer, with the names of its parents: `"encoder/block_1/attention"`.
        weights: `(batch, heads, queries, keys)`, the weights that were used, before dropout. With a gate,
            the weights given that the layer attends.
        mask: boolean of the same shape or one that broadcasts to it, true where a query may attend to a key.
        gate: `(batch, heads, queries)`: of a sentinel, from 0 (attention only) to 1 (sentinel only); the
            mean of an output gate, from 0 (closed) to 1 (open).
        queries: for each example its axis of queries, if available. An axis may be shorter than the
            weights: the positions behind its end are padding.
        keys: the same for the keys.

    Raises:
        ValueError: if the shapes of weights, mask, gate or axes do not match.

    Example:
        >>> focus = FocusRecord("attention", np.full((2, 1, 3, 4), 0.25))
        >>> len(focus), focus.example(0).weights.shape
        (2, (1, 1, 3, 4))
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
            raise ValueError(
                f"`weights` must have shape (batch, heads, queries, keys). Received: weights.shape={shape}"
            )
        if self.gate is not None and self.gate.shape != shape[:3]:
            raise ValueError(
                f"`gate` must have shape (batch, heads, queries) = {shape[:3]}. "
                f"Received: gate.shape={self.gate.shape}"
            )
        if self.mask is not None:
            np.broadcast_shapes(self.mask.shape, shape)
        for name, axes, length in (("queries", self.queries, shape[2]), ("keys", self.keys, shape[3])):
            _check_axes(name, axes, shape[0], length)

    def __len__(self) -> int:
        return len(self.weights)

    def example(self, index: int) -> "FocusRecord":
        """Select one example and remove its padding.

        Args:
            index: position in the batch; may be negative.

        Returns:
            A record with a batch of 1.
        """
        queries = self.queries and self.queries[index]
        keys = self.keys and self.keys[index]
        rows = slice(None) if queries is None else slice(len(queries))
        columns = slice(None) if keys is None else slice(len(keys))
        batch = slice(index, index + 1) if index >= 0 else slice(index, index + 1 or None)
        mask = None if self.mask is None else np.broadcast_to(self.mask, self.weights.shape)
        return replace(
            self,
            weights=self.weights[batch, :, rows, columns],
            mask=None if mask is None else mask[batch, :, rows, columns],
            gate=None if self.gate is None else self.gate[batch, :, rows],
            queries=None if queries is None else [queries],
            keys=None if keys is None else [keys],
        )


def _check_shape(name: str, array: np.ndarray, shape: tuple[int, int]) -> None:
    if np.shape(array) != shape:
        raise ValueError(f"`{name}` must have shape {shape}. Received: {name}.shape={np.shape(array)}")


def _check_axes(name: str, axes: Sequence[Axis] | None, batch: int, length: int) -> None:
    if axes is None:
        return
    if len(axes) != batch:
        raise ValueError(
            f"`{name}` must have an axis for each of {batch} examples. Received: len({name})={len(axes)}"
        )
    longest = max(map(len, axes), default=0)
    if longest > length:
        raise ValueError(
            f"`{name}` must have axes of at most {length} positions. Received: an axis of length {longest}"
        )

"""Focus record: attention weights of one layer with their axes, mask and gate."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .axes import Axis, label_axes

# The ends of the gates, by their kind.
GATE_LEGENDS = {"sentinel": ("attention alone", "memory alone"), "output": ("closed", "open")}
SENTINEL_THRESHOLD = 0.5  # of a sentinel gate; a word above it is written from memory


class AttentionMap(NamedTuple):
    """Attention weights between the queries and keys of one example.

    Attributes:
        weights: `(queries, keys)`.
        gate: `(queries,)`, or None.
        queries: a label for each query; its number where it has none.
        keys: the same for the keys.
        heads: description of the heads, such as `"mean of 4 heads"` or `"head 3"`; empty for a single head.
        gate_kind: as in `FocusRecord`.
    """

    weights: np.ndarray
    gate: np.ndarray | None
    queries: list[str]
    keys: list[str]
    heads: str
    gate_kind: str


@dataclass(frozen=True)
class FocusRecord:
    """Attention weights of one layer over a batch, with their axes, mask and gate.

    A notebook shows a record as an interactive page, see `foveal.focus.build_report`.

    Args:
        layer: name of the layer, with the names of its parents: `"encoder/block_1/attention"`.
        weights: `(batch, heads, queries, keys)`, the weights that were used, before dropout. With a gate,
            the weights given that the layer attends.
        mask: boolean of the same shape or one that broadcasts to it, true where a query may attend to a key.
        gate: `(batch, heads, queries)`: of a sentinel, from 0 (attention alone) to 1 (the sentinel alone,
            the layer's memory); the mean of an output gate, from 0 (closed) to 1 (open).
        queries: for each example its axis of queries, if available. An axis may be shorter than the
            weights: the positions behind its end are padding.
        keys: the same for the keys.
        gate_kind: `"sentinel"` or `"output"`, what the gate is of.

    Raises:
        ValueError: if the kind of the gate is unknown, or the shapes of weights, mask, gate or axes do not
            match.

    Example:
        >>> focus = FocusRecord("attention", np.full((2, 1, 3, 4), 0.25))
        >>> len(focus), focus.example(0).weights.shape
        (2, (1, 1, 3, 4))
        >>> focus
        <FocusRecord of 'attention': batch 2, heads 1, queries 3, keys 4>
    """

    layer: str
    weights: np.ndarray
    mask: np.ndarray | None = None
    gate: np.ndarray | None = None
    queries: Sequence[Axis] | None = None
    keys: Sequence[Axis] | None = None
    gate_kind: str = "sentinel"

    def __post_init__(self) -> None:
        shape = self.weights.shape
        if self.gate_kind not in GATE_LEGENDS:
            raise ValueError(
                f"`gate_kind` must be one of {list(GATE_LEGENDS)}. Received: gate_kind={self.gate_kind!r}"
            )
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

    def __repr__(self) -> str:
        batch, heads, queries, keys = self.weights.shape
        gate = "" if self.gate is None else f", {self.gate_kind} gate"
        return (
            f"<{type(self).__name__} of {self.layer!r}: batch {batch}, heads {heads}, queries {queries:,}, "
            f"keys {keys:,}{gate}>"
        )

    def _repr_html_(self) -> str | None:
        """Show the report of the record in a notebook; None, for a line of text, where it cannot be built."""
        try:
            # The report is built on records, and needs the packages of the extra `focus`.
            report = importlib.import_module("..report.record_page", __package__)
            return report.record_page(self).frame()
        except (ModuleNotFoundError, ValueError):
            return None

    def example(self, index: int) -> "FocusRecord":
        """Select one example and remove its padding.

        Args:
            index: position in the batch; may be negative.

        Returns:
            A record with a batch of 1.

        Raises:
            ValueError: if there is no such example.
        """
        if not -len(self) <= index < len(self):
            raise ValueError(
                f"`index` must be that of one of the {len(self)} examples of {self.layer!r}. "
                f"Received: index={index}"
            )
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

    def attention_map(self, index: int = 0, head: int | None = None) -> AttentionMap:
        """Select the weights of one example and one head, or their mean over the heads.

        Args:
            index: position in the batch; may be negative.
            head: position of the head, counted from 0; None for the mean of all heads.

        Returns:
            The weights without padding, with the gate, the labels and a description of the heads.

        Raises:
            ValueError: if there is no such example or head.

        Example:
            >>> focus = FocusRecord("attention", np.full((2, 4, 3, 5), 0.2)).with_labels(keys=[["a"], ["b"]])
            >>> attention = focus.attention_map(1)
            >>> attention.weights.shape, attention.keys, attention.heads
            ((3, 1), ['b'], 'mean of 4 heads')
        """
        example = self.example(index)
        num_heads = self.weights.shape[1]
        if head is not None and not -num_heads <= head < num_heads:
            raise ValueError(
                f"`head` must be that of one of the {num_heads} heads of {self.layer!r}. "
                f"Received: head={head}"
            )
        weights, gate = example.weights[0], None if example.gate is None else example.gate[0]
        queries, keys = (
            list(axes[0].labels) if axes else [str(position + 1) for position in range(length)]
            for axes, length in zip((example.queries, example.keys), weights.shape[1:], strict=True)
        )
        return AttentionMap(
            weights.mean(axis=0) if head is None else weights[head],
            gate if gate is None else gate.mean(axis=0) if head is None else gate[head],
            queries,
            keys,
            describe_heads(num_heads, head),
            self.gate_kind,
        )

    def with_labels(
        self, queries: Sequence[Any] | None = None, keys: Sequence[Any] | None = None
    ) -> "FocusRecord":
        """Label the axes.

        Args:
            queries: for each example its tokens or its axis of queries; None leaves the axes as they are.
            keys: the same for the keys.

        Returns:
            A labelled record.

        Raises:
            ValueError: if there is not one element for each example, or one is longer than the weights.

        Example:
            >>> focus = FocusRecord("attention", np.full((1, 1, 2, 3), 1 / 3))
            >>> focus.with_labels(queries=[["the", "cat"]], keys=[["o", "gato"]]).example(0).weights.shape
            (1, 1, 2, 2)
        """
        return replace(
            self,
            queries=self.queries if queries is None else label_axes(queries),
            keys=self.keys if keys is None else label_axes(keys),
        )


def is_from_sentinel(gate: npt.ArrayLike | None, gate_kind: str = "sentinel") -> npt.NDArray[np.bool_]:
    """Return for each gate whether its word is written from memory: from the sentinel more than by attention.

    Args:
        gate: gates of any shape; None without a gate.
        gate_kind: as in `FocusRecord`. An output gate has no sentinel, and so no memory.

    Returns:
        Booleans of the shape of the gates; one false without a gate.

    Example:
        >>> is_from_sentinel([0.2, 0.5, 0.9]).tolist()
        [False, False, True]
    """
    gates = np.asarray(0 if gate is None else gate, dtype=float)
    return (gates > SENTINEL_THRESHOLD) & (gate_kind == "sentinel")


def describe_heads(num_heads: int, head: int | None = None) -> str:
    """Describe the heads that attention weights are of.

    Args:
        num_heads: the number of heads of the layer.
        head: position of the head, counted from 0; None for the mean of all heads.

    Returns:
        Such as `"mean of 4 heads"` or `"head 3"`; empty for a single head.
    """
    if num_heads == 1:
        return ""
    return f"mean of {num_heads} heads" if head is None else f"head {head % num_heads + 1}"


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

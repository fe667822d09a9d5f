"""Attention over any axes of inputs of any rank: fold them into sequences, and unfold the outputs."""

import dataclasses
import math
from collections.abc import Sequence

from keras import ops

from .shape_checks import check_shape
from .tensor import Tensor


@dataclasses.dataclass(frozen=True)
class AttentionAxes:
    """Axes of inputs `(batch, ..., dim)` that attention runs over.

    `fold` flattens these axes to the length of a sequence. Every other axis joins the batch: its elements
    are separate sequences, the rows.

    Attributes:
        rank: number of axes of query, key and value.
        axes: the axes of attention, from 1 to `rank - 2`.

    Example:
        >>> images = np.ones((2, 4, 5, 3))
        >>> AttentionAxes(4, (1, 2)).fold(images).shape, AttentionAxes(4, (2,)).fold(images).shape
        (TensorShape([2, 20, 3]), TensorShape([8, 5, 3]))
    """

    rank: int
    axes: tuple[int, ...]

    @classmethod
    def resolve(cls, attention_axes: Sequence[int] | None, rank: int) -> "AttentionAxes | None":
        """Return the axes for inputs of a rank; None for a sequence `(batch, length, dim)`.

        Args:
            attention_axes: axes of the inputs, negative ones from the end; None for all axes between
                batch and dim.
            rank: number of axes of the inputs.

        Raises:
            ValueError: if an axis is missing, named twice, that of the batch or the last one.
        """
        if attention_axes is None:
            return cls(rank, tuple(range(1, rank - 1))) if rank > 3 else None
        axes = tuple(axis if axis >= 0 else rank + axis for axis in attention_axes)
        if len(set(axes)) != len(axes) or not all(0 < axis < rank - 1 for axis in axes):
            raise ValueError(
                "`attention_axes` must name axes between the first and the last of the inputs, each once. "
                f"Received: attention_axes={tuple(attention_axes)}, inputs with {rank} axes"
            )
        return cls(rank, axes) if rank > 3 else None

    @property
    def outer(self) -> tuple[int, ...]:
        """The axes of the rows: that of the batch, and those that attention does not run over."""
        return tuple(axis for axis in range(self.rank - 1) if axis not in self.axes)

    def fold(self, tensor: Tensor) -> Tensor:
        """Fold query, key or value `(batch, ..., dim)` to `(rows, T, dim)`."""
        tensor = ops.transpose(tensor, (*self.outer, *self.axes, *range(self.rank - 1, len(tensor.shape))))
        sizes, split = ops.shape(tensor), len(self.outer)
        rows, length = math.prod(sizes[:split]), math.prod(sizes[split : self.rank - 1])
        return ops.reshape(tensor, (rows, length, *sizes[self.rank - 1 :]))

    def fold_mask(self, name: str, mask: Tensor, sizes: Sequence[int | None]) -> Tensor:
        """Fold a mask `(batch, ...)` to `(rows, T)`.

        Raises:
            ValueError: if its shape is not `sizes`.
        """
        mask = ops.convert_to_tensor(mask)
        check_shape(name, mask, sizes)
        return self.fold(mask)

    def unfold(self, tensor: Tensor, query: Tensor) -> Tensor:
        """Unfold outputs `(rows, Tq, ...)` to the axes of the query, `(batch, ..., ...)`."""
        order = (*self.outer, *self.axes)
        tensor = ops.reshape(tensor, (*self._sizes(query, order), *ops.shape(tensor)[2:]))
        inverse = sorted(range(len(order)), key=order.__getitem__)
        return ops.transpose(tensor, (*inverse, *range(len(order), len(tensor.shape))))

    def fold_pairs(
        self, name: str, pairs: Tensor, query: Tensor, key: Tensor | None, num_heads: int | None
    ) -> Tensor:
        """Fold values of pairs of a query and a key, such as a mask.

        Args:
            name: of the argument, for the error.
            pairs: `([batch, [..., [heads,]]] Tq axes, Tk axes)`; each size may be 1 instead.
            query, key: `(batch, ..., dim)`; a key of None leaves its axes as they are.
            num_heads: number of heads of the layer; None without heads.

        Returns:
            `([rows, [heads,]] Tq, Tk)`; Tq or Tk is 1 where all their axes are.

        Raises:
            ValueError: if the number of axes does not fit.
        """
        pairs, count = ops.convert_to_tensor(pairs), len(self.axes)
        sizes = ops.shape(pairs)
        outer, rest = sizes[: -2 * count], sizes[-2 * count :]
        split = len(self.outer) if num_heads is not None else len(outer)
        outer, heads = outer[:split], outer[split:]
        if len(rest) < 2 * count or len(outer) > len(self.outer) or len(heads) > 1:
            raise ValueError(
                f"`{name}` must end in the axes of attention of query and key, {count} each, after at most "
                f"the other axes and that of the heads. Received: {name}.shape={tuple(pairs.shape)}"
            )
        lengths = (
            *self._broadcast_sizes(pairs.shape[-2 * count : -count], rest[:count], query),
            *self._broadcast_sizes(pairs.shape[-count:], rest[count:], key),
        )
        rows = self._sizes(query, self.outer) if outer else ()
        pairs = ops.reshape(pairs, (*outer, *(1,) * (len(rows) - len(outer)), *heads, *rest))
        pairs = ops.broadcast_to(pairs, (*rows, *heads, *lengths))
        folded = (math.prod(rows),) if outer else ()
        return ops.reshape(pairs, (*folded, *heads, math.prod(lengths[:count]), math.prod(lengths[count:])))

    def unfold_pairs(self, weights: Tensor, query: Tensor, key: Tensor | None) -> Tensor:
        """Unfold weights `(rows, [heads,] Tq, Tk)` to `(batch, ..., [heads,] Tq axes, Tk axes)`.

        Args:
            weights: `(rows, [heads,] Tq, Tk)`.
            query, key: `(batch, ..., dim)`; a key of None leaves Tk as it is.
        """
        key_sizes = ops.shape(weights)[-1:] if key is None else self._sizes(key, self.axes)
        return self._unfold_heads(weights, query, 2, key_sizes)

    def unfold_decision(self, decision: Tensor, query: Tensor) -> Tensor:
        """Unfold a value of each query `(rows, [heads,] Tq)` to `(batch, ..., [heads,] Tq axes)`."""
        return self._unfold_heads(decision, query, 1, ())

    def _unfold_heads(self, tensor: Tensor, query: Tensor, trailing: int, key_sizes: tuple) -> Tensor:
        heads = ops.shape(tensor)[1:-trailing]
        sizes = (*self._sizes(query, self.outer), *heads, *self._sizes(query, self.axes), *key_sizes)
        return ops.reshape(tensor, sizes)

    def _broadcast_sizes(self, static: Sequence, given: Sequence, inputs: Tensor | None) -> tuple:
        """Sizes of the axes of attention after broadcasting; axes that are all of size 1 stay so."""
        if inputs is None or all(size == 1 for size in static):
            return tuple(given)
        return self._sizes(inputs, self.axes)

    @staticmethod
    def _sizes(tensor: Tensor, axes: Sequence[int]) -> tuple:
        sizes = ops.shape(tensor)
        return tuple(sizes[axis] for axis in axes)

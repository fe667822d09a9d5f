"""Call arguments that all attention layers share."""

import dataclasses

from keras import ops

from ..functional import kv_cache, masks
from ..functional.attention_axes import AttentionAxes
from ..functional.kv_cache import CacheIndex
from ..functional.shape_checks import check_shape
from ..functional.tensor import Tensor
from ..functional.tiling import take_rows
from .argument_checks import check_key_shape


@dataclasses.dataclass(frozen=True)
class AttentionInputs:
    """Call arguments of an attention layer.

    Attributes:
        query: `(batch, Tq, dim)`.
        value: `(batch, Tk, value_dim)`; None with the cache of a fixed memory.
        key: `(batch, Tk, key_dim)`; `value` when None.
        query_mask: `(batch, Tq)`; or None.
        value_mask, key_mask: `(batch, Tk)`; or None.
        attention_mask: `(Tq, Tk)`, `(batch, Tq, Tk)`, or with heads `(batch, heads, Tq, Tk)`; each size may
            be 1 instead; or None.
        use_causal_mask: whether to mask the keys after the position of each query.
        cache: keys and values computed before; or None.
        cache_index: position of the first query in a cache that is written, or `"end"`; or None.
        prior: expected weights, `(batch or 1, [heads or 1,] Tq or 1, Tk)`; or None.
        state: state of earlier queries, see `attention_state`; or None.
        lstm: input, previous state and memory of an LSTM, each `(batch, Tq, ...)`; or None.
        positions: positions of the queries, int `(Tq,)`; None for consecutive ones.
        key_positions: positions of the keys, int `(Tk,)`; None for their order.
    """

    query: Tensor
    value: Tensor | None = None
    key: Tensor | None = None
    query_mask: Tensor | None = None
    value_mask: Tensor | None = None
    key_mask: Tensor | None = None
    attention_mask: Tensor | None = None
    use_causal_mask: bool = False
    cache: dict[str, Tensor] | None = None
    cache_index: CacheIndex | None = None
    prior: Tensor | None = None
    state: dict[str, Tensor] | None = None
    lstm: tuple[Tensor, Tensor, Tensor] | None = None
    positions: Tensor | None = None
    key_positions: Tensor | None = None

    @property
    def start(self) -> int | Tensor | None:
        """Position of the first query in a cache that is written; None without one."""
        return kv_cache.first_index(self.cache, self.cache_index)

    def query_positions(self) -> Tensor:
        """Return the positions of the queries, int `(Tq,)`: as given, or consecutive from `start`."""
        if self.positions is not None:
            return self.positions
        positions = ops.arange(ops.shape(self.query)[1], dtype="int32")
        return positions if self.start is None else positions + self.start

    def fold(self, axes: AttentionAxes, num_heads: int | None = None) -> "AttentionInputs":
        """Return the inputs as sequences; cache and state are those of sequences already.

        Args:
            axes: the axes of attention of query, value and key.
            num_heads: number of heads of the layer; None without heads.

        Raises:
            ValueError: if the axes of query, value, key, masks or prior do not fit.
        """
        sizes = self.query.shape[:-1]
        key_sizes = [size if axis in axes.outer else None for axis, size in enumerate(sizes)]
        folded = {"query": axes.fold(self.query)}
        if self.query_mask is not None:
            folded["query_mask"] = axes.fold_mask("query_mask", self.query_mask, sizes)
        for name in ("value", "key"):
            tensor, mask = getattr(self, name), getattr(self, f"{name}_mask")
            if tensor is not None:
                check_shape(name, tensor, (*key_sizes, None))
                key_sizes = tensor.shape[:-1]
                folded[name] = axes.fold(tensor)
            if mask is not None and self.value is not None:
                folded[f"{name}_mask"] = axes.fold_mask(f"{name}_mask", mask, key_sizes)
        for name in ("attention_mask", "prior"):
            pairs = getattr(self, name)
            if pairs is not None:
                folded[name] = axes.fold_pairs(name, pairs, self.query, self.value, num_heads)
        return dataclasses.replace(self, **folded)

    def compute_mask(self, key: Tensor, num_heads: int | None = None) -> Tensor | None:
        """Combine all masks, for keys `(batch, ..., Tk, dim)`: see `compute_attention_mask`."""
        return masks.compute_attention_mask(
            self.query,
            key,
            query_mask=self.query_mask,
            value_mask=self.value_mask,
            key_mask=self.key_mask,
            attention_mask=self.attention_mask,
            use_causal_mask=self.use_causal_mask,
            cache_index=self.start,
            num_heads=num_heads,
        )

    def take_queries(self, indices: Tensor, key: Tensor) -> "AttentionInputs":
        """Return the inputs of some queries, without prior, state and LSTM.

        Causality and the end of a cache become an `attention_mask`.

        Args:
            indices: int `(n,)`.
            key: `(batch, ..., Tk, dim)`, keys or a cache of keys.
        """
        attention_mask = self.attention_mask
        if attention_mask is not None:
            attention_mask = ops.cast(take_rows(ops.convert_to_tensor(attention_mask), indices, -2), "bool")
        if self.use_causal_mask or self.start is not None:
            last = indices[:, None] if self.use_causal_mask else ops.shape(self.query)[1] - 1
            start = 0 if self.start is None else self.start
            visible = ops.arange(ops.shape(key)[-2], dtype="int32")[None] <= start + last
            attention_mask = visible if attention_mask is None else ops.logical_and(attention_mask, visible)
        return AttentionInputs(
            take_rows(self.query, indices, 1),
            query_mask=None if self.query_mask is None else take_rows(self.query_mask, indices, 1),
            value_mask=self.value_mask,
            key_mask=self.key_mask,
            attention_mask=attention_mask,
            positions=take_rows(self.query_positions(), indices, 0),
            key_positions=self.key_positions,
        )

    def check_shapes(self) -> None:
        """Check that the tensors are `(batch, length, dim)` of one batch.

        Raises:
            ValueError: if rank, batch size or length differ.
        """
        batch = self.query.shape[0]
        for name in ("query", "value", "key"):
            tensor = getattr(self, name)
            if tensor is None:
                continue
            shape = tuple(tensor.shape)
            if len(shape) != 3:
                raise ValueError(
                    f"`{name}` must have shape (batch, length, dim). Received: {name}.shape={shape}"
                )
            if None not in (batch, shape[0]) and batch != shape[0]:
                raise ValueError(
                    f"`{name}` must have the batch size of `query`, {batch}. Received: {name}.shape={shape}"
                )
        if self.value is not None and self.key is not None:
            check_key_shape(tuple(self.value.shape), tuple(self.key.shape))

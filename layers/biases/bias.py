"""What every bias promises."""

import dataclasses
from typing import Any

import keras
from keras import ops


@dataclasses.dataclass(frozen=True)
class AttentionContext:
    """What a bias may look at besides query and key.

    Attributes:
        queries: positions of the queries, int, broadcasts to `(..., Tq)`.
        keys: positions of the keys, int `(Tk,)`, or such that they broadcast to `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `(..., Tq, Tk)`, True where a key may be seen; or None.
        query_count: how many queries the example has in all, float32 that broadcasts to `(..., Tq)`; None
            where they come step by step.
        prior: what the caller expects, broadcasts to `(..., Tq, Tk)`; or None.
        coverage: the weight that each key got from all earlier queries, `(..., Tk)`; or None.
        previous: the weights of the query before the first, `(..., Tk)`; or None.
    """

    queries: Any
    keys: Any
    mask: Any = None
    query_count: Any = None
    prior: Any = None
    coverage: Any = None
    previous: Any = None

    @property
    def distance(self) -> Any:
        """How far each key lies behind each query, `(..., Tq, Tk)`; negative where it lies ahead."""
        return self.queries[..., :, None] - self.keys

    @property
    def key_count(self) -> Any:
        """How many keys each query may see, whatever biases forbid; float32, broadcasts to `(..., Tq)`."""
        if self.mask is None:
            return ops.cast(ops.shape(self.keys)[0], "float32") * ops.ones_like(self.queries, "float32")
        mask = ops.logical_and(self.mask, ops.ones_like(self.keys, "bool"))
        return ops.sum(ops.cast(mask, "float32"), axis=-1)


class Bias(keras.layers.Layer):
    """What a bias promises: it may turn, restrict or lean; each does nothing by default.

    Attributes:
        state_keys: what it needs of earlier queries: `"position"` and `"coverage"` are known.
        needs_prior: whether it looks at `attention_context.prior`.
        needs_lengths: whether it asks how many keys or queries there are, `attention_context.key_count` or `attention_context.query_count`.
        reach: how many positions back and ahead it lets a query see, ints; None for all.
    """

    state_keys: tuple[str, ...] = ()
    needs_prior: bool = False
    needs_lengths: bool = False
    reach: tuple[int | None, int | None] = (None, None)

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        """A plain bias has no weights. Shapes are `(batch, [heads,] T, dim)`."""

    def transform(self, inputs: Any, positions: Any) -> Any:
        """Queries or keys `(..., T, dim)` as they are compared, before the score projects them."""
        return inputs

    def update_mask(self, mask: Any, attention_context: AttentionContext) -> Any:
        """The mask, with what the bias forbids; None where everything may be seen."""
        return mask

    def compute_bias(self, query: Any, key: Any, attention_context: AttentionContext) -> Any:
        """What is added to the scores, broadcasts to `(..., Tq, Tk)`; None where it is nothing."""
        return None

    def get_config(self) -> dict:
        """Written out, as Keras derives it from plain arguments alone and a dtype is none."""
        return super().get_config()


def count_heads(query_shape: tuple) -> int:
    """Of queries `(batch, [heads,] Tq, dim)`."""
    return query_shape[1] if len(query_shape) == 4 else 1


def count_queries(mask: Any, length: Any) -> Any:
    """How many queries of each example see any key.

    Args:
        mask: boolean `(batch or 1, Tq or 1, Tk)`, or None.
        length: Tq.

    Returns:
        float32 `(batch or 1, 1)`, or a scalar without a mask.
    """
    if mask is None:
        return ops.cast(length, "float32")
    seeing = ops.logical_and(ops.any(mask, axis=-1), ops.ones((length,), "bool"))
    return ops.sum(ops.cast(seeing, "float32"), axis=-1, keepdims=True)


def gather_by_distance(table: Any, distance: Any) -> Any:
    """What a table has for each distance; beyond its ends, what it has at its ends.

    Args:
        table: `(heads, 2 * farthest + 1)`, for the distances from `-farthest` to `farthest`.
        distance: int `(..., [1,] Tq, Tk)`.

    Returns:
        A tensor that broadcasts to `(..., [heads,] Tq, Tk)`.
    """
    heads, size = table.shape
    farthest = size // 2
    column = ops.clip(ops.cast(distance, "int32"), -farthest, farthest) + farthest
    row = ops.arange(heads, dtype="int32")[:, None, None]
    return ops.take(ops.reshape(table, (-1,)), row * size + column, axis=0)

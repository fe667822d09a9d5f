"""Context of one attention call: positions, mask, prior and state of earlier queries."""

import dataclasses

from keras import ops

from ..functional.tensor import Tensor


@dataclasses.dataclass(frozen=True)
class AttentionContext:
    """Context of one attention call, read by biases and distributions.

    Attributes:
        query_positions: positions of the queries, int, broadcasts to `(..., Tq)`.
        key_positions: positions of the keys, int `(Tk,)`, or of a shape that broadcasts to
            `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `(..., Tq, Tk)`, True for keys that take part; or None.
        query_count: number of queries of the example, float32 that broadcasts to `(..., Tq)`; None
            in step-by-step decoding.
        prior: expected weights, broadcasts to `(..., Tq, Tk)`; or None.
        coverage: sum of the weights of all earlier queries, `(..., Tk)`; or None.
        previous_weights: weights of the query before the first, `(..., Tk)`; or None.
    """

    query_positions: Tensor
    key_positions: Tensor
    mask: Tensor | None = None
    query_count: Tensor | None = None
    prior: Tensor | None = None
    coverage: Tensor | None = None
    previous_weights: Tensor | None = None

    @property
    def distance(self) -> Tensor:
        """Query position minus key position, `(..., Tq, Tk)`; negative for later keys."""
        return ops.subtract(ops.expand_dims(self.query_positions, -1), self.key_positions)

    @property
    def key_count(self) -> Tensor:
        """Number of keys in the mask of each query, float32, broadcasts to `(..., Tq)`.

        It is taken before `Bias.update_mask` narrows the mask.
        """
        if self.mask is None:
            count = ops.cast(ops.shape(self.key_positions)[0], "float32")
            return count * ops.ones_like(self.query_positions, "float32")
        mask = ops.logical_and(self.mask, ops.ones_like(self.key_positions, "bool"))
        return ops.sum(ops.cast(mask, "float32"), axis=-1)


def count_queries(mask: Tensor | None, length: int | Tensor) -> Tensor:
    """Count the queries of each example that have at least one unmasked key.

    Args:
        mask: boolean `(..., Tq or 1, Tk)`, or None.
        length: Tq.

    Returns:
        float32 `(..., 1)`, or a scalar without a mask.
    """
    if mask is None:
        return ops.cast(length, "float32")
    has_key = ops.logical_and(ops.any(mask, axis=-1), ops.ones((length,), "bool"))
    return ops.sum(ops.cast(has_key, "float32"), axis=-1, keepdims=True)

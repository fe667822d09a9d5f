"""Attention weights with the decisions of distribution and gate."""

from typing import NamedTuple

from keras import ops

from ..functional.tensor import Tensor


class AttentionWeights(NamedTuple):
    """Weights of an attention layer, before dropout.

    Attributes:
        weights: `(..., Tq, Tk)`; None where a fused kernel computes the output.
        decisions: a dict of what distribution and gate decided, each `(..., Tq)`.
        value_weights: weights that multiply the values, `(1 - gate) * weights`, less the weight of a sink;
            `weights` when None.
        alignment: weights that the state of the next query starts from, `(..., Tq, Tk)`; `weights` when
            None.
    """

    weights: Tensor
    decisions: dict[str, Tensor]
    value_weights: Tensor | None = None
    alignment: Tensor | None = None

    def with_weights(self, weights: Tensor) -> "AttentionWeights":
        """Return a copy with other weights `(..., Tq, Tk)`; gate, decisions and alignment are kept."""
        if self.value_weights is None:
            return self._replace(weights=weights)
        share = ops.sum(self.value_weights, axis=-1, keepdims=True)
        return self._replace(weights=weights, value_weights=share * weights)

"""Attention that is told how to look, without being told where."""

from typing import Any

import keras
from keras import ops

from .attention_loss import AttentionLoss


@keras.saving.register_keras_serializable(package="foveal")
class EntropyRegularizer(AttentionLoss):
    """Adds to a model's loss the mean entropy of its attention, in nats: what is added is made small.

    With a weight above 0 attention becomes sharper, below 0 broader. Queries that look nowhere do not count.

    Args:
        weight, heads, average_heads: as in `FocusSupervision`.

    Call arguments:
        outputs: what passes through.
        weights: `(batch, [heads,] queries, keys)`.
        query_mask: boolean `(batch, queries)`: which queries count.
        training: whether the steps of a schedule are counted.

    Returns:
        `outputs`.

    Raises:
        ValueError: where ranks or heads do not fit.

    Example:
        >>> layer = EntropyRegularizer(weight=0.1)
        >>> _ = layer(np.zeros((1, 3)), np.array([[[0.5, 0.5], [0.0, 1.0]]]))
        >>> [round(float(loss), 4) for loss in layer.losses]  # 0.1 (ln 2 + 0) / 2
        [0.0347]

    Reference:
        Pereyra et al. 2017, Regularizing Neural Networks by Penalizing Confident Output Distributions,
        which does so with answers, and with a weight below 0.
    """

    def call(self, outputs: Any, weights: Any, query_mask: Any = None, training: bool | None = None) -> Any:
        weights = self.chosen(weights)
        entropy = -ops.sum(weights * ops.log(ops.maximum(weights, 1e-30)), axis=-1)
        self.add_masked_mean(entropy, active_queries(weights, query_mask), training)
        return outputs


@keras.saving.register_keras_serializable(package="foveal")
class CoverageRegularizer(AttentionLoss):
    """Adds to a model's loss how much of its attention goes where it was before (See et al. 2017).

    For the query t: `sum_i min(w_ti, c_ti)`, with `c_t` the sum of the weights of all queries before it. From
    0, where nothing is looked at twice, to 1. Queries that look nowhere do not count.

    Args:
        weight, heads, average_heads: as in `FocusSupervision`.

    Call arguments:
        outputs: what passes through.
        weights: `(batch, [heads,] queries, keys)`, the queries in their order.
        query_mask: boolean `(batch, queries)`: which queries count, and cover anything.
        training: whether the steps of a schedule are counted.

    Returns:
        `outputs`.

    Raises:
        ValueError: where ranks or heads do not fit.

    Example:
        >>> layer = CoverageRegularizer()
        >>> _ = layer(np.zeros((1, 3)), np.array([[[1.0, 0.0], [0.25, 0.75]]]))
        >>> [float(loss) for loss in layer.losses]  # (0 + 0.25) / 2
        [0.125]

    Reference:
        See et al. 2017, Get To The Point: Summarization with Pointer-Generator Networks, section 2.3.
    """

    def call(self, outputs: Any, weights: Any, query_mask: Any = None, training: bool | None = None) -> Any:
        weights = self.chosen(weights)
        counts = active_queries(weights, query_mask)
        weights = ops.where(counts[..., None], weights, 0.0)
        before = ops.cumsum(weights, axis=-2) - weights
        self.add_masked_mean(ops.sum(ops.minimum(weights, before), axis=-1), counts, training)
        return outputs


def active_queries(weights: Any, query_mask: Any) -> Any:
    """Which queries look anywhere, and count: boolean `(batch, heads, queries)`."""
    counts = ops.any(weights > 0, axis=-1)
    return counts if query_mask is None else ops.logical_and(counts, ops.cast(query_mask, "bool")[:, None])

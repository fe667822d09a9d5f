"""Entropy and coverage regularizers of attention weights (Pereyra et al. 2017, See et al. 2017)."""

import keras
from keras import ops

from ...layers.functional.tensor import Tensor, TensorTree
from .attention_loss import AttentionLoss
from .losses import entropy_loss


@keras.saving.register_keras_serializable(package="foveal")
class EntropyRegularizer(AttentionLoss):
    """Entropy regularizer: adds the mean entropy of attention weights, in nats, to the loss of a model.

    A positive weight makes attention sharper, a negative weight broader. Queries without attention weight
    are ignored.

    Args:
        weight, heads, average_heads: as in `FocusSupervision`.

    Call arguments:
        outputs: returned unchanged.
        weights: `(batch, [heads,] queries, keys)`.
        query_mask: boolean `(batch, queries)`, true for the queries that count.
        training: whether the step of a schedule advances.

    Returns:
        `outputs`.

    Raises:
        ValueError: if ranks or heads do not match.

    Example:
        >>> layer = EntropyRegularizer(weight=0.1)
        >>> _ = layer(np.zeros((1, 3)), np.array([[[0.5, 0.5], [0.0, 1.0]]]))
        >>> [round(float(loss), 4) for loss in layer.losses]  # 0.1 (ln 2 + 0) / 2
        [0.0347]

    Reference:
        Pereyra et al. 2017, Regularizing Neural Networks by Penalizing Confident Output Distributions,
        for output distributions, with a weight below 0.
    """

    def call(
        self,
        outputs: TensorTree,
        weights: Tensor,
        query_mask: Tensor | None = None,
        training: bool | None = None,
    ) -> TensorTree:
        weights = self.select_heads(weights)
        self.add_masked_mean(entropy_loss(weights), active_queries(weights, query_mask), training)
        return outputs


@keras.saving.register_keras_serializable(package="foveal")
class CoverageRegularizer(AttentionLoss):
    """Coverage regularizer: adds repeated attention to the same keys to the loss (See et al. 2017).

    For the query t: `sum_i min(w_ti, c_ti)`, with `c_t` the sum of the weights of all previous queries. It
    is 0 if no key is attended to twice, and at most 1. Queries without attention weight are ignored.

    Args:
        weight, heads, average_heads: as in `FocusSupervision`.

    Call arguments:
        outputs: returned unchanged.
        weights: `(batch, [heads,] queries, keys)`, the queries in their order.
        query_mask: boolean `(batch, queries)`, true for the queries that count and contribute coverage.
        training: whether the step of a schedule advances.

    Returns:
        `outputs`.

    Raises:
        ValueError: if ranks or heads do not match.

    Example:
        >>> layer = CoverageRegularizer()
        >>> _ = layer(np.zeros((1, 3)), np.array([[[1.0, 0.0], [0.25, 0.75]]]))
        >>> [float(loss) for loss in layer.losses]  # (0 + 0.25) / 2
        [0.125]

    Reference:
        See et al. 2017, Get To The Point: Summarization with Pointer-Generator Networks, section 2.3.
    """

    def call(
        self,
        outputs: TensorTree,
        weights: Tensor,
        query_mask: Tensor | None = None,
        training: bool | None = None,
    ) -> TensorTree:
        weights = self.select_heads(weights)
        mask = active_queries(weights, query_mask)
        weights = ops.where(mask[..., None], weights, 0.0)
        coverage = ops.cumsum(weights, axis=-2) - weights
        self.add_masked_mean(ops.sum(ops.minimum(weights, coverage), axis=-1), mask, training)
        return outputs


def active_queries(weights: Tensor, query_mask: Tensor | None) -> Tensor:
    """Compute the mask of the queries with attention weight.

    Args:
        weights: `(batch, heads, queries, keys)`.
        query_mask: boolean `(batch, queries)`, or None.

    Returns:
        Boolean `(batch, heads, queries)`.
    """
    active = ops.any(weights > 0, axis=-1)
    return active if query_mask is None else ops.logical_and(active, ops.cast(query_mask, "bool")[:, None])

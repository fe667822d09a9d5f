"""Soft attention: the weighted mean of the values (Bahdanau et al. 2015; Luong et al. 2015)."""

from typing import Any

import keras

from ..biases.bias import BiasLike
from ..distributions.distribution import DistributionLike
from ..scores.score import ScoreLike
from .single_head_attention import SingleHeadAttention


@keras.saving.register_keras_serializable(package="foveal")
class SoftAttention(SingleHeadAttention):
    """Soft attention: the weighted mean of the values (Bahdanau et al. 2015; Luong et al. 2015).

    1. scores `(batch, Tq, Tk)`: the relevance of each key to each query;
    2. weights: a distribution over the keys that are not masked, from the scores;
    3. context: the mean of the values under these weights.

    There are no projections beyond those of the score.

    Args:
        score: `"scaled_dot"`, `"dot"`, `"additive"` or a layer.
        bias: None, a name such as `"alibi"`, a layer, or a list of them, which are summed.
        distribution: `"softmax"` or a layer.
        dropout: fraction of the weights dropped in training; returned weights are those before dropout.

    Call arguments:
        query: `(batch, Tq, dim)`; or, as `keras.layers.Attention` takes it, a list of query and value, or of
            query, value and key. Axes between batch and length hold separate sequences.
        value: `(batch, Tk, value_dim)`; None with a cache.
        key: `(batch, Tk, key_dim)`; `value` when None.
        query_mask: `(batch, Tq)`, boolean or numeric; the weights and the context of a masked query are zero.
        value_mask, key_mask: `(batch, Tk)`.
        attention_mask: `(Tq, Tk)` or `(batch, Tq, Tk)`; each size may be 1 instead.
        return_attention_scores: whether to return the weights, before dropout.
        return_decisions: whether to return the decisions of the distribution.
        training: whether to drop weights.
        use_causal_mask: whether to mask the keys after the position of each query.
        cache: the result of `memory_cache`.
        prior: for a `PriorBias`, `(batch or 1, Tq or 1, Tk)`.
        state: state of earlier queries: `get_initial_state(batch, Tk)`, or the state that a call returned.
        mask: for inputs in a list, the list `[query_mask, value_mask]`, or of the masks of query, value and
            key; otherwise the mask of the query.

    Returns:
        The context `(batch, Tq, value_dim)`; then, where requested, the weights
        `(batch, Tq, Tk)` and the decisions, a dict; and with a state the updated state.

    Raises:
        ValueError: if ranks, widths or masks do not fit, or a component is unknown.

    Example:
        >>> layer = SoftAttention(score="additive")
        >>> context, weights = layer(
        ...     np.ones((1, 3, 8)), np.ones((1, 5, 6)), return_attention_scores=True
        ... )
        >>> tuple(context.shape), tuple(weights.shape)
        ((1, 3, 6), (1, 3, 5))
        >>> tuple(SoftAttention()([np.ones((1, 3, 8)), np.ones((1, 5, 8))]).shape)
        (1, 3, 8)

    Reference:
        Bahdanau et al. 2015, Neural Machine Translation by Jointly Learning to Align and
        Translate, section 3.1; Luong et al. 2015, Effective Approaches to Attention-based NMT.
    """

    def __init__(
        self,
        score: ScoreLike = "scaled_dot",
        bias: BiasLike | None = None,
        distribution: DistributionLike = "softmax",
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(score=score, bias=bias, distribution=distribution, dropout=dropout, **kwargs)

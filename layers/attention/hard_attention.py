"""Hard attention: the value of one key (Xu et al. 2015)."""

from typing import Any

import keras

from .. import distributions
from ..biases.bias import BiasLike
from ..distributions.distribution import DistributionLike
from ..scores.score import ScoreLike
from .single_head_attention import SingleHeadAttention


@keras.saving.register_keras_serializable(package="foveal")
class HardAttention(SingleHeadAttention):
    """Hard attention: the value of one key for each query (Xu et al. 2015).

    1. scores `(batch, Tq, Tk)`: the relevance of each key to each query;
    2. one key for each query: in training sampled from the distribution over the scores, at inference its
       mode;
    3. the value of that key.

    A sample has no gradient; each distribution has its own estimator. `"reinforce"` needs a
    `ReinforceLoss` at the end of the model, `"gumbel"` and `"straight_through"` need nothing but a loss.
    For a soft mean of the values, see `SoftAttention`.

    Args:
        score: `"scaled_dot"`, `"dot"`, `"additive"` or a layer.
        bias: None, a name such as `"alibi"`, a layer, or a list of them, which are summed.
        distribution: `"reinforce"`, `"gumbel"`, `"straight_through"` or a layer with `is_hard`.
        dropout: fraction of the weights dropped in training; returned weights are those before dropout.

    Call arguments:
        query, value, key, query_mask, value_mask, key_mask, attention_mask,
            return_attention_scores, return_decisions, training, use_causal_mask, cache, prior,
            state, mask: as in `SoftAttention`.

    Returns:
        The context `(batch, Tq, value_dim)`; then, where requested, the weights `(batch, Tq, Tk)`,
        at inference one-hot; the decisions, such as `{"sample": (batch, Tq)}`, indices of keys; and with
        a state the updated state. A query whose keys are all masked returns zeros, and -1 as sample.

    Raises:
        ValueError: if ranks, widths or masks do not fit, a component is unknown, or the distribution
            is not hard.

    Example:
        >>> query, value = np.array([[[1.0, 0.0]]]), np.array([[[0.0, 3.0], [2.0, 5.0]]])
        >>> context, decisions = HardAttention()(query, value, return_decisions=True)
        >>> np.array(context).tolist(), np.array(decisions["sample"]).tolist()
        ([[[2.0, 5.0]]], [[1]])

    Reference:
        Xu et al. 2015, Show, Attend and Tell, section 4.1.
    """

    def __init__(
        self,
        score: ScoreLike = "scaled_dot",
        bias: BiasLike | None = None,
        distribution: DistributionLike = "reinforce",
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(score=score, bias=bias, distribution=distribution, dropout=dropout, **kwargs)
        if not self.distribution.is_hard:
            names = sorted(name for name, kind in distributions.REGISTRY.items() if kind.is_hard)
            raise ValueError(
                f"`distribution` must select one key, such as {names}. "
                f"Received: distribution={distribution!r}"
            )

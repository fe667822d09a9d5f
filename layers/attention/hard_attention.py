"""The value of one key."""

from typing import Any

import keras

from .. import distributions
from .single_head_attention import SingleHeadAttention


@keras.saving.register_keras_serializable(package="foveal")
class HardAttention(SingleHeadAttention):
    """Every query takes the value of one key (Xu et al. 2015).

    1. scores `(batch, Tq, Tk)`: how relevant each key is to each query;
    2. one key for each query: drawn with the chances that the scores give it in training, the most
       relevant at inference;
    3. its value.

    A choice has no gradient; each distribution has its own way to learn without one.
    `"reinforce"` needs a `ReinforceLoss` at the end of the model, `"gumbel"` and
    `"straight_through"` need nothing but a loss. A soft mean of the values is `SoftAttention`.

    Args:
        score: `"scaled_dot"`, `"dot"`, `"additive"` or a layer.
        bias: None, a name such as `"alibi"`, a layer, or a list of them, which add up.
        distribution: `"reinforce"`, `"gumbel"`, `"straight_through"` or a layer that chooses.
        dropout: share of the weights dropped in training; those returned are whole.

    Call arguments:
        query, value, key, query_mask, value_mask, key_mask, attention_mask,
            return_attention_scores, return_decisions, training, use_causal_mask, cache, prior,
            state: as in `SoftAttention`.

    Returns:
        The context `(batch, Tq, value_dim)`; then, where asked for, the weights `(batch, Tq, Tk)`,
        at inference one-hot; the decisions, such as `{"sample": (batch, Tq)}`, the keys; and with
        a state the state as it is now. A query that may see no key gets zeros, and -1 as sample.

    Raises:
        ValueError: if ranks, widths or masks do not fit, a part is unknown, or the distribution
            does not choose.

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
        score: Any = "scaled_dot",
        bias: Any = None,
        distribution: Any = "reinforce",
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(score=score, bias=bias, distribution=distribution, dropout=dropout, **kwargs)
        if not self.distribution.is_hard:
            known = sorted(name for name, part in distributions.REGISTRY.items() if part.is_hard)
            raise ValueError(
                f"Expected a distribution that chooses one key, such as {known}. Received: {distribution!r}"
            )

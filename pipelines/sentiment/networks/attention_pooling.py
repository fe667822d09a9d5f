"""What a text comes down to: the evidence that attention finds in its states, or their summary."""

from typing import Any

from keras import ops

from ....layers import MultiHeadAttention
from ..config import ModelConfig

DISTRIBUTIONS = {"sparse": "entmax15", "hard": "straight_through"}


def look(states: Any, mask: Any, config: ModelConfig, name: str) -> Any:
    """A sequence as one vector: see `pool_segments`, of which this is the case of one stretch."""
    whole = ops.ones_like(mask[:, None])
    return pool_segments(states, mask, whole, config, name)[:, 0]


def pool_segments(states: Any, mask: Any, members: Any, config: ModelConfig, name: str) -> Any:
    """Attention within each stretch of a sequence, asked by the mean of the stretch.

    - `soft`: the evidence is a mean of the states, weighted by attention (Bahdanau et al. 2015);
    - `sparse`: the same, with weights of exactly zero for most states (1.5-entmax, Peters et al. 2019);
    - `hard`: each head takes one state (Xu et al. 2015), and learns by the straight-through gradient;
    - `adaptive`: a sentinel made from the mean competes with the states, and its share is the gate
      (Lu et al. 2017): 0 where the evidence decides, 1 where the summary does.

    Args:
        states: `(batch, T, width)`.
        mask: `(batch, T)` bool, the states that count.
        members: `(batch, stretches, T)` bool, which states each stretch is made of.
        config: which attention, how many heads.
        name: of the layer, whose output holds the evidence, the weights and the decisions.

    Returns:
        `(batch, stretches, width)`; zeros for a stretch without states.
    """
    members = ops.logical_and(members, mask[:, None])
    layer = MultiHeadAttention(
        config.num_heads,
        states.shape[-1] // config.num_heads,
        distribution=DISTRIBUTIONS.get(config.attention, "softmax"),
        gate="sentinel" if config.attention == "adaptive" else None,
        name=name,
    )
    evidence, _, _ = layer(
        means(states, members),
        states,
        attention_mask=members,
        return_attention_scores=True,
        return_decisions=True,
    )
    return evidence


def means(states: Any, members: Any) -> Any:
    """The mean state of each stretch, `(batch, stretches, width)`; zeros where it has none."""
    shares = ops.cast(members, states.dtype)
    return ops.matmul(shares, states) / ops.maximum(ops.sum(shares, axis=-1, keepdims=True), 1)

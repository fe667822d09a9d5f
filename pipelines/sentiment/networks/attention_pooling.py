"""Attention pooling of a sequence or of its segments (Yang et al. 2016)."""

from keras import ops

from ....layers import MultiHeadAttention
from ....layers.functional.tensor import Tensor

DISTRIBUTIONS = {"sparse": "entmax15", "hard": "straight_through"}


def pool_sequence(states: Tensor, mask: Tensor, attention: str, num_heads: int, name: str) -> Tensor:
    """Pool a sequence to one vector, see `pool_segments`; the sequence is the only segment.

    Args:
        states: `(batch, T, dim)`.
        mask: `(batch, T)` bool.
        attention, num_heads, name: see `pool_segments`.

    Returns:
        `(batch, dim)`.
    """
    segment_mask = ops.ones_like(mask[:, None])
    return pool_segments(states, mask, segment_mask, attention, num_heads, name)[:, 0]


def pool_segments(
    states: Tensor, mask: Tensor, segment_mask: Tensor, attention: str, num_heads: int, name: str
) -> Tensor:
    """Pool each segment of a sequence by multi-head attention; the query is the mean of the segment.

    - `soft`: softmax weights (Bahdanau et al. 2015);
    - `sparse`: 1.5-entmax, with weights of exactly zero for most states (Peters et al. 2019);
    - `hard`: each head selects one state (Xu et al. 2015), trained by the straight-through gradient;
    - `adaptive`: softmax with a sentinel made of the mean. The weight of the sentinel is the gate
      (Lu et al. 2017): 0 for the states alone, 1 for the sentinel alone.

    Args:
        states: `(batch, T, dim)`.
        mask: `(batch, T)` bool, False for padding.
        segment_mask: `(batch, segments, T)` bool, the states of each segment.
        attention: `soft`, `sparse`, `hard` or `adaptive`.
        num_heads: number of heads; `dim` is a multiple of it.
        name: of the attention layer. Its output holds the pooled vectors, the weights and the decisions.

    Returns:
        `(batch, segments, dim)`; zeros for a segment without states.
    """
    segment_mask = ops.logical_and(segment_mask, mask[:, None])
    layer = MultiHeadAttention(
        num_heads,
        states.shape[-1] // num_heads,
        distribution=DISTRIBUTIONS.get(attention, "softmax"),
        gate="sentinel" if attention == "adaptive" else None,
        name=name,
    )
    pooled, _, _ = layer(
        segment_means(states, segment_mask),
        states,
        attention_mask=segment_mask,
        return_attention_scores=True,
        return_decisions=True,
    )
    return pooled


def segment_means(states: Tensor, segment_mask: Tensor) -> Tensor:
    """Average the states of each segment.

    Args:
        states: `(batch, T, dim)`.
        segment_mask: `(batch, segments, T)` bool.

    Returns:
        `(batch, segments, dim)`; zeros for a segment without states.
    """
    weights = ops.cast(segment_mask, states.dtype)
    return ops.matmul(weights, states) / ops.maximum(ops.sum(weights, axis=-1, keepdims=True), 1)

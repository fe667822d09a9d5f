"""Multi-head self-attention with one projection for query, key and value (Vaswani et al. 2017)."""

import keras

from .fused_qkv_attention import FusedQKVAttention


@keras.saving.register_keras_serializable(package="foveal")
class SelfAttention(FusedQKVAttention):
    """Multi-head self-attention (Vaswani et al. 2017).

    The same as `MultiHeadAttention` called with one tensor, but query, key and value come out of
    one kernel, which is faster.

    Args:
        num_heads: number of heads.
        key_dim: width of queries and keys of each head.
        value_dim: width of the values of each head; `key_dim` when None.
        dropout: fraction of the weights dropped in training; returned weights are those before dropout.
        use_bias: whether the projections have a bias.
        output_shape: width of the output, or its sizes where it has several axes in the place of the width;
            that of the input when None.
        num_key_value_heads: number of heads of keys and values, each shared by a group of neighbouring
            query heads; `num_heads` when None.
        score: `"scaled_dot"`, `"dot"`, `"additive"` or a layer.
        bias: None, a name such as `"alibi"`, a layer, or a list of them, which are summed.
        distribution: `"softmax"` or a layer.
        gate: None, `"output"`, `"sentinel"` or a layer, as in `MultiHeadAttention`.
        kernel_initializer, bias_initializer: of the projections, each initialized separately.
        kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint: of the weights of the
            projections; query, key and value are one projection.
        activity_regularizer: of the outputs of the projections.
        seed: of the dropout; None for a different one in every process.

    Call arguments:
        query: `(batch, T, dim)`.
        query_mask: `(batch, T)`, boolean or numeric, False or 0 at padding; masked queries are those of
            `MultiHeadAttention`. With a cache it applies to the new positions as queries only.
        attention_mask: `(T, Tk)`, `(batch, T, Tk)` or `(batch, heads, T, Tk)`; each size may be 1 instead;
            Tk is T, with a cache its length.
        return_attention_scores, return_decisions, training, use_causal_mask, cache, cache_index,
            prior, state: as in `MultiHeadAttention`.
        positions: positions of the queries, int `(T,)`, which biases read; None for consecutive ones.
        key_positions: positions of the keys of a cache, int `(Tk,)`; None for their order. With both, and an
            `attention_mask`, a cache holds several sequences, such as the beams of a search (tree attention,
            Miao et al. 2024, SpecInfer, section 4.2).
        mask: as `query_mask`; wrappers such as `keras.layers.TimeDistributed` pass it.

    Returns:
        The output `(batch, T, output_shape)`; then, where requested, the weights
        `(batch, heads, T, Tk)`, the decisions, with a cache the updated cache, and with a state the
        updated state.

    Raises:
        ValueError: if ranks, widths, masks or caches do not fit, or a component is unknown.

    Example:
        >>> layer = SelfAttention(num_heads=2, key_dim=4)
        >>> tuple(layer(np.ones((1, 3, 8)), use_causal_mask=True).shape)
        (1, 3, 8)

    Reference:
        Vaswani et al. 2017, Attention Is All You Need, section 3.2.3.
    """

"""A sequence that attends to itself, its three projections in one matrix product."""

from typing import Any

import keras

from .. import biases
from ..functional import attention_state, kv_cache, masks
from ..functional.heads import merge_heads
from .attention import check_inputs, results
from .fused_qkv_attention import FusedQKVAttention


@keras.saving.register_keras_serializable(package="foveal")
class SelfAttention(FusedQKVAttention):
    """Multi-head attention of a sequence to itself (Vaswani et al. 2017).

    The same as `MultiHeadAttention` called with one tensor, but query, key and value come out of
    one kernel `(dim, heads * (2 * key_dim + value_dim))`, which is faster.

    Args:
        num_heads: how many heads.
        key_dim: width of each head's queries and keys.
        value_dim: width of each head's values; `key_dim` when None.
        score: `"scaled_dot"`, `"dot"`, `"additive"` or a layer.
        bias: None, a name such as `"alibi"`, a layer, or a list of them, which add up.
        distribution: `"softmax"` or a layer.
        dropout: share of the weights dropped in training; those returned are whole.
        use_bias: whether the projections have a bias.
        output_shape: width of the output; that of the input when None.
        kernel_initializer: of the projections, each on its own.
        bias_initializer: of the projections.

    Call arguments:
        query: `(batch, T, dim)`.
        query_mask: boolean `(batch, T)`, True at the positions that count. With a cache it
            concerns the new positions as queries only.
        attention_mask: boolean `(batch or 1, T or 1, Tk)` or `(T, Tk)`; Tk is T, with a cache its
            length.
        return_attention_scores, return_decisions, training, use_causal_mask, cache, cache_index,
            prior, state: as in `MultiHeadAttention`.

    Returns:
        The output `(batch, T, output_shape)`; then, where asked for, the weights
        `(batch, heads, T, Tk)`, the decisions, with a cache the cache as it is now, and with a
        state the state as it is now.

    Raises:
        ValueError: if ranks, widths, masks or caches do not fit, or a part is unknown.

    Example:
        >>> layer = SelfAttention(num_heads=2, key_dim=4)
        >>> tuple(layer(np.ones((1, 3, 8)), use_causal_mask=True).shape)
        (1, 3, 8)

    Reference:
        Vaswani et al. 2017, Attention Is All You Need, section 3.2.3.
    """

    def call(
        self,
        query: Any,
        query_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        return_decisions: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
        cache: dict | None = None,
        cache_index: Any = None,
        prior: Any = None,
        state: dict | None = None,
    ) -> Any:
        check_inputs(query)
        kv_cache.check(query, cache, cache_index)
        query_mask = masks.get_keras_mask(query) if query_mask is None else query_mask
        start = kv_cache.start(cache, cache_index)
        heads, memory = self.project(query, 0 if start is None else start)
        if cache is not None:
            memory = kv_cache.write(cache, memory, cache_index)
        mask = masks.compute_attention_mask(
            query,
            memory["key"],
            query_mask=query_mask,
            key_mask=query_mask if cache is None else None,
            attention_mask=attention_mask,
            use_causal_mask=use_causal_mask,
            written=start,
        )
        attention_context = self.attention_context(
            query, memory["key"], mask, prior=prior, start=start, state=state
        )
        heads = biases.transform_all(self.bias, heads, attention_context.query_positions)
        need_weights = return_attention_scores or bool(state)
        context, weights, decisions = self.attend(
            heads, memory["key"], memory["value"], attention_context, training, need_weights=need_weights
        )
        return results(
            self.output_dense(merge_heads(context)),
            (weights, return_attention_scores),
            (decisions, return_decisions),
            (memory, cache is not None),
            (state and attention_state.advance(state, weights), state is not None),
        )

"""Several attentions at once, each in a subspace of its own (Vaswani et al. 2017)."""

from typing import Any

import keras

from .. import biases, gates
from ..functional import attention_state, components, kv_cache, masks
from ..functional.heads import check_heads, merge_heads, split_heads
from .attention import Attention, check_built, check_inputs, check_sentinel, check_value_shape, results


@keras.saving.register_keras_serializable(package="foveal")
class MultiHeadAttention(Attention):
    """Attends with several heads, each on projections of its own (Vaswani et al. 2017).

    1. query, key and value are projected and split into heads;
    2. each head scores, distributes and mixes;
    3. with a gate, the sentinel made from the query joins each head as one more key whose value
       is itself (Lu et al. 2017, carried over to a Transformer);
    4. the heads are joined and projected.

    Args:
        num_heads: how many heads.
        key_dim: width of each head's queries and keys.
        value_dim: width of each head's values; `key_dim` when None.
        num_key_value_heads: heads of keys and values, each shared by a group of neighbouring query
            heads (Ainslie et al. 2023); as many as `num_heads` when None.
        score: `"scaled_dot"`, `"dot"`, `"additive"` or a layer.
        bias: None, a name such as `"alibi"`, a layer, or a list of them, which add up.
        distribution: `"softmax"` or a layer.
        gate: None, `"sentinel"` or a layer that makes a sentinel of width
            `num_heads * value_dim` from the query.
        dropout: share of the weights dropped in training; those returned are whole.
        use_bias: whether the projections have a bias.
        output_shape: width of the output; that of the query when None.
        kernel_initializer: of the projections.
        bias_initializer: of the projections.

    Call arguments:
        query: `(batch, Tq, dim)`.
        value: `(batch, Tk, value_width)`; None with a cache of a fixed memory.
        key: `(batch, Tk, key_width)`; `value` when None.
        query_mask: boolean `(batch, Tq)`; the row of a masked query is zero.
        value_mask, key_mask: boolean `(batch, Tk)`; with a cache, Tk is the length of the cache.
        attention_mask: boolean `(batch or 1, Tq or 1, Tk)` or `(Tq, Tk)`.
        return_attention_scores: whether to return the weights, before dropout.
        return_decisions: whether to return what the distribution and the gate decided.
        training: whether to drop weights.
        use_causal_mask: whether a query sees only keys up to its own position.
        cache: what `init_cache` or `memory_cache` made, or a step returned.
        cache_index: position of the first query in a cache that is written; an int or a scalar. Or
            `"end"`: behind the last, for a cache that grows, from `init_cache(batch, 0)` on. It moves
            less memory than a cache with room for all, but its shape changes: not for XLA, nor with a
            state along the keys.
        prior: for a `PriorBias`, `(batch or 1, [heads or 1,] Tq or 1, Tk)`.
        state: what earlier queries left: `initial_state(batch, Tk)`, or what a call returned.

    Returns:
        The output `(batch, Tq, output_shape)`; then, where asked for, the weights
        `(batch, heads, Tq, Tk)`; the decisions, `{"gate": (batch, heads, Tq)}` with a gate; and,
        where `cache_index` is given, the cache with the new positions in it; with a state the
        state as it is now.

    Raises:
        ValueError: if ranks, widths, masks or caches do not fit, or a part is unknown.

    Example:
        >>> layer = MultiHeadAttention(num_heads=2, key_dim=4, gate="sentinel")
        >>> query, value = np.ones((1, 3, 8)), np.ones((1, 5, 8))
        >>> output, weights, decisions = layer(
        ...     query, value, return_attention_scores=True, return_decisions=True
        ... )
        >>> tuple(output.shape), tuple(weights.shape), tuple(decisions["gate"].shape)
        ((1, 3, 8), (1, 2, 3, 5), (1, 2, 3))

    Reference:
        Vaswani et al. 2017, Attention Is All You Need, section 3.2.2.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        num_key_value_heads: int | None = None,
        score: Any = "scaled_dot",
        bias: Any = None,
        distribution: Any = "softmax",
        gate: Any = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **kwargs: Any,
    ):
        super().__init__(score=score, bias=bias, distribution=distribution, dropout=dropout, **kwargs)
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.value_dim = value_dim or key_dim
        self.num_key_value_heads = num_key_value_heads or num_heads
        self.heads_shape = (num_heads,)
        check_heads(num_heads, key_dim)
        if num_heads % self.num_key_value_heads:
            raise ValueError(
                f"`num_key_value_heads` must divide `num_heads`, {num_heads}. Received: {num_key_value_heads}"
            )
        self.use_bias = use_bias
        self.output_dim = output_shape
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        width = num_heads * self.value_dim
        self.gate = gates.get(gate, units=width, dtype=self.dtype_policy)
        if self.gate is not None:
            check_sentinel(self.distribution)
        if self.gate is not None and self.value_dim != key_dim:
            raise ValueError(
                "With a gate the sentinel is key and value at once: expected `value_dim` equal to "
                f"`key_dim`, {key_dim}. Received: {self.value_dim}"
            )

    def build(
        self, query_shape: tuple, value_shape: tuple | None = None, key_shape: tuple | None = None
    ) -> None:
        value_shape = check_value_shape(value_shape)
        groups, values = self.num_key_value_heads, self.num_heads * self.value_dim
        self.query_dense = self._dense(self.num_heads * self.key_dim, "query", query_shape)
        self.key_dense = self._dense(groups * self.key_dim, "key", key_shape or value_shape)
        self.value_dense = self._dense(groups * self.value_dim, "value", value_shape)
        self.output_dense = self._dense(
            self.context_dim(query_shape[-1], value_shape[-1]), "output", (None, None, values)
        )
        head = (None, self.num_heads, None, self.key_dim)
        self.build_components(head, head)
        if self.gate is not None:
            components.build_component(self.gate, query_shape)

    def call(
        self,
        query: Any,
        value: Any = None,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
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
        check_inputs(query, value, key)
        memory = kv_cache.memory(self, value, key, cache, cache_index)
        start = kv_cache.start(cache, cache_index)
        mask = masks.compute_attention_mask(
            query,
            memory["key"],
            query_mask=query_mask,
            value_mask=value_mask,
            key_mask=key_mask,
            attention_mask=attention_mask,
            use_causal_mask=use_causal_mask,
            written=start,
        )
        attention_context = self.attention_context(
            query, memory["key"], mask, prior=prior, start=start, state=state
        )
        need_weights = return_attention_scores or bool(state)
        context, weights, decisions = self._attend(query, memory, attention_context, training, need_weights)
        return results(
            self.output_dense(merge_heads(context)),
            (weights, return_attention_scores),
            (decisions, return_decisions),
            (memory, cache_index is not None),
            (state and attention_state.advance(state, weights), state is not None),
        )

    def init_cache(self, batch_size: Any, length: int) -> dict:
        """Room for `length` positions of self-attention, to be written step by step."""
        dims = (self.score.projected_dim(self.key_dim), self.value_dim)
        return kv_cache.empty(batch_size, self.num_key_value_heads, length, dims, self.compute_dtype)

    def memory_cache(self, value: Any, key: Any = None, start: Any = 0) -> dict:
        """Keys and values, projected once, of a memory or of the positions from `start` on."""
        check_built(self)
        key = split_heads(self.key_dense(value if key is None else key), self.num_key_value_heads)
        value = split_heads(self.value_dense(value), self.num_key_value_heads)
        return {"key": self.prepare_keys(key, start), "value": value}

    def context_dim(self, query_width: int, value_width: int) -> int:
        return self.output_dim or query_width

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "num_key_value_heads": self.num_key_value_heads,
            "gate": keras.saving.serialize_keras_object(self.gate),
            "use_bias": self.use_bias,
            "output_shape": self.output_dim,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }

    def _attend(
        self, query: Any, memory: dict, attention_context: Any, training: bool | None, need_weights: bool
    ) -> Any:
        heads = split_heads(self.query_dense(query), self.num_heads)
        heads = biases.transform_all(self.bias, heads, attention_context.query_positions)
        sentinel = None
        if self.gate is not None:
            sentinel = split_heads(self.gate(query), self.num_heads)
            turned = biases.transform_all(
                self.bias, sentinel, attention_context.query_positions
            )  # it stands where its query does
            sentinel = sentinel, self.score.project_key(turned)
        return self.attend(
            heads, memory["key"], memory["value"], attention_context, training, sentinel, need_weights
        )

    def _dense(self, units: int, name: str, shape: tuple) -> keras.layers.Dense:
        dense = keras.layers.Dense(
            units,
            use_bias=self.use_bias,
            kernel_initializer=self.kernel_initializer.clone(),
            bias_initializer=self.bias_initializer,
            dtype=self.dtype_policy,
            name=name,
        )
        dense.build(shape)
        return dense

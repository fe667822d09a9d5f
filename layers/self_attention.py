"""A sequence that attends to itself, its three projections in one matrix product."""

from typing import Any

import keras
from keras import ops

from . import biases, caches, masks, states
from .attention import Attention, check_inputs, results
from .heads import merge_heads, side_by_side, split_heads


@keras.saving.register_keras_serializable(package="foveal")
class SelfAttention(Attention):
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

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        score: Any = "scaled_dot",
        bias: Any = None,
        distribution: Any = "softmax",
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
        self.heads_shape = (num_heads,)
        self.use_bias = use_bias
        self.output_width = output_shape
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, query_shape: tuple) -> None:
        keys, values = self.num_heads * self.key_dim, self.num_heads * self.value_dim
        self.query_key_value_dense = self._dense((keys, keys, values), "query_key_value")
        self.query_key_value_dense.build(query_shape)
        self.output_dense = self._dense((self.output_width or query_shape[-1],), "output")
        self.output_dense.build((None, None, values))
        head = (None, self.num_heads, None, self.key_dim)
        self.build_parts(head, head)

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
        caches.check(query, cache, cache_index)
        query_mask = masks.implicit(query) if query_mask is None else query_mask
        heads, memory = self._project(query, 0 if cache is None else cache_index)
        if cache is not None:
            memory = caches.write(cache, memory, cache_index)
        mask = masks.combine(
            query,
            memory["key"],
            query_mask=query_mask,
            key_mask=query_mask if cache is None else None,
            attention_mask=attention_mask,
            use_causal_mask=use_causal_mask,
            written=cache_index,
        )
        view = self.view(query, memory["key"], mask, prior=prior, start=cache_index, state=state)
        heads = biases.turn(self.bias, heads, view.queries)
        context, weights, decisions = self.attend(heads, memory["key"], memory["value"], view, training)
        return results(
            self.output_dense(merge_heads(context)),
            (weights, return_attention_scores),
            (decisions, return_decisions),
            (memory, cache is not None),
            (state and states.advance(state, weights), state is not None),
        )

    def empty_cache(self, batch_size: Any, length: int) -> dict:
        """Room for `length` positions, to be written step by step."""
        dims = (self.score.width(self.key_dim), self.value_dim)
        return caches.empty(batch_size, self.num_heads, length, dims, self.compute_dtype)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "use_bias": self.use_bias,
            "output_shape": self.output_width,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }

    def _project(self, query: Any, start: Any) -> tuple[Any, dict]:
        keys = self.num_heads * self.key_dim
        joint = self.query_key_value_dense(query)
        query, key, value = (
            split_heads(part, self.num_heads) for part in ops.split(joint, (keys, 2 * keys), -1)
        )
        return query, {"key": self.prepare(key, start), "value": value}

    def _dense(self, widths: tuple, name: str) -> keras.layers.Dense:
        return keras.layers.Dense(
            sum(widths),
            use_bias=self.use_bias,
            kernel_initializer=side_by_side(self.kernel_initializer, widths),
            bias_initializer=self.bias_initializer,
            dtype=self.dtype_policy,
            name=name,
        )

"""The decoder's block of a Transformer, which tells where it looked and when it did not."""

from typing import Any

import keras
from keras import ops

from .. import biases, distributions
from ..attention.attention import results
from ..attention.multi_head_attention import MultiHeadAttention
from ..functional import kv_cache, masks
from .transformer_block import TransformerBlock


@keras.saving.register_keras_serializable(package="foveal")
class DecoderBlock(TransformerBlock):
    """Causal self-attention, attention to a memory and a feed-forward layer (Vaswani et al. 2017).

    With `gate="sentinel"` each head may rely on the stream instead of looking at the memory.

    Args:
        num_heads: how many heads; they share the width of the inputs.
        intermediate_dim: width of the feed-forward layer.
        dropout: share dropped of what each sublayer adds to the stream.
        attention_dropout: share dropped of the attention weights.
        activation_dropout: share dropped inside the feed-forward layer.
        bias, distribution: of the self-attention, as in `SelfAttention`.
        cross_attention_bias, cross_attention_distribution: of the attention to the memory.
        gate: None or `"sentinel"`, of the attention to the memory.

    Call arguments:
        inputs: `(batch, T, dim)`.
        memory: `(batch, Tm, memory_dim)`; None with `memory_cache`.
        mask: boolean `(batch, T)`, True at the positions that count.
        memory_mask: boolean `(batch, Tm)`.
        attention_mask: of the self-attention, besides what causality hides: boolean `(batch or 1, T, T)`
            or `(T, T)`; for texts one behind the other in a row.
        return_attention_scores: whether to return the weights, before dropout.
        return_decisions: whether to return what the gate decided.
        training: whether to drop anything.
        cache: what `init_cache` made or a step returned; written at `cache_index`.
        cache_index: position of the first input, an int or a scalar, or `"end"`, as in `MultiHeadAttention`.
        memory_cache: what `memory_cache` made. Its batch may be smaller than that of `inputs` by
            a whole factor: each memory then serves as many neighbouring rows (the beams).

    Returns:
        The output `(batch, T, dim)`; then, where asked for, the weights
        `{"self": (batch, heads, T, T), "memory": (batch, heads, T, Tm)}`; the decisions,
        `{"gate": (batch, heads, T)}` with a gate; and with a cache the cache as it is now.

    Raises:
        ValueError: if the width is no multiple of `num_heads`, or masks or caches do not fit.

    Example:
        >>> block = DecoderBlock(num_heads=2, intermediate_dim=16, gate="sentinel")
        >>> tuple(block(np.ones((1, 3, 8)), np.ones((1, 5, 8))).shape)
        (1, 3, 8)

    Reference:
        Vaswani et al. 2017, Attention Is All You Need, section 3.1; Lu et al. 2017, Knowing When
        to Look, section 2.4 (the gate).
    """

    def __init__(
        self,
        num_heads: int,
        intermediate_dim: int,
        gate: Any = None,
        cross_attention_bias: Any = None,
        cross_attention_distribution: Any = "softmax",
        **kwargs: Any,
    ):
        super().__init__(num_heads, intermediate_dim, **kwargs)
        self.gate = gate
        self.cross_attention_bias = biases.get(cross_attention_bias, dtype=self.dtype_policy)
        self.cross_attention_distribution = distributions.get(
            cross_attention_distribution, dtype=self.dtype_policy
        )

    def build(self, inputs_shape: tuple, memory_shape: tuple) -> None:
        self.build_block(inputs_shape)
        self.cross_attention = MultiHeadAttention(
            gate=self.gate,
            bias=self.cross_attention_bias,
            distribution=self.cross_attention_distribution,
            dropout=self.attention_dropout,
            **self.heads(inputs_shape[-1]),
        )
        self.cross_attention.build(inputs_shape, memory_shape)
        self.cross_attention_norm = keras.layers.LayerNormalization(epsilon=1e-5, dtype=self.dtype_policy)
        self.cross_attention_norm.build(inputs_shape)

    def call(
        self,
        inputs: Any,
        memory: Any = None,
        mask: Any = None,
        memory_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        return_decisions: bool = False,
        training: bool | None = None,
        cache: dict | None = None,
        cache_index: Any = None,
        memory_cache: dict | None = None,
    ) -> Any:
        mask = masks.get_keras_mask(inputs) if mask is None else mask
        cache = {} if cache is None else cache
        stream, self_seen, written = self._attend_to_self(
            inputs, mask, attention_mask, training, cache, cache_index
        )
        stream, memory_seen, left = self._attend_to_memory(
            stream, mask, memory, memory_mask, memory_cache, training, cache.get("memory_state")
        )
        weights, decisions = zip(self_seen, memory_seen, strict=True)
        return results(
            self.feed_forward(stream, training),
            (dict(zip(("self", "memory"), weights, strict=True)), return_attention_scores),
            (decisions[1], return_decisions),
            ({**written, **left}, bool(cache)),
        )

    def init_cache(self, batch_size: Any, length: int, memory_length: Any = None) -> dict:
        """Room for `length` positions, to be written step by step. The length of the memory is
        needed only where the attention to it asks where it looked before."""
        return {
            "positions": self.self_attention.init_cache(batch_size, length),
            "self_state": self.self_attention.get_initial_state(batch_size, length),
            "memory_state": self.cross_attention.get_initial_state(batch_size, memory_length),
        }

    def memory_cache(self, memory: Any) -> dict:
        """Keys and values of a memory, projected once."""
        return self.cross_attention.memory_cache(memory)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "gate": keras.saving.serialize_keras_object(self.gate),
            "memory_bias": [keras.saving.serialize_keras_object(bias) for bias in self.cross_attention_bias],
            "memory_distribution": keras.saving.serialize_keras_object(self.cross_attention_distribution),
        }

    def _attend_to_self(
        self,
        stream: Any,
        mask: Any,
        attention_mask: Any,
        training: bool | None,
        cache: dict,
        index: Any,
    ) -> tuple[Any, tuple, dict]:
        update, weights, decisions, *after = self.self_attention(
            self.attention_norm(stream),
            query_mask=mask,
            attention_mask=attention_mask,
            return_attention_scores=True,
            return_decisions=True,
            training=training,
            use_causal_mask=True,
            cache=cache.get("positions"),
            cache_index=index,
            state=cache.get("self_state") or None,
        )
        written = dict(zip(("positions", "self_state"), (*after, {}), strict=False))
        return self.add(stream, update, training), (weights, decisions), written

    def _attend_to_memory(
        self,
        stream: Any,
        mask: Any,
        memory: Any,
        memory_mask: Any,
        cache: Any,
        training: bool | None,
        state: dict | None,
    ) -> tuple[Any, tuple, dict]:
        rows = self.cross_attention_norm(stream)
        if cache is not None:
            if state:  # each row looked elsewhere before: each needs the memory for itself
                cache, memory_mask = kv_cache.repeat_rows((cache, memory_mask), ops.shape(stream)[0])
            memories = ops.shape(cache["key"])[0]  # rows that share one become queries side by side
            rows = ops.reshape(rows, (memories, -1, rows.shape[-1]))
            mask = mask if mask is None else ops.reshape(mask, (memories, -1))
        update, weights, decisions, *after = self.cross_attention(
            rows,
            memory,
            query_mask=mask,
            value_mask=memory_mask,
            return_attention_scores=True,
            return_decisions=True,
            training=training,
            cache=cache,
            state=state or None,
        )
        if cache is not None:
            update = ops.reshape(update, ops.shape(stream))
            weights = _rows_apart(weights, stream)
            decisions = {name: _rows_apart(value, stream) for name, value in decisions.items()}
        left = {"memory_state": after[0] if after else {}}
        return self.add(stream, update, training), (weights, decisions), left


def _rows_apart(tensor: Any, stream: Any) -> Any:
    """`(memories, heads, rows * T, ...)` back to `(memories * rows, heads, T, ...)`."""
    batch, length, _ = ops.shape(stream)
    memories, heads, _, *rest = ops.shape(tensor)
    apart = ops.reshape(tensor, (memories, heads, -1, length, *rest))
    apart = ops.moveaxis(apart, 2, 1)
    return ops.reshape(apart, (batch, heads, length, *rest))

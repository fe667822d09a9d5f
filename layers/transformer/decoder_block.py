"""Transformer decoder block with a gated cross-attention (Vaswani et al. 2017; Lu et al. 2017)."""

from typing import Any

import keras
from keras import ops

from .. import biases, distributions
from ..attention.attention_outputs import AttentionOutputs
from ..attention.multi_head_attention import MultiHeadAttention
from ..biases.bias import BiasLike
from ..distributions.distribution import DistributionLike
from ..functional import components
from ..functional.beams import fold_beams, repeat_rows, unfold_beams
from ..functional.keras_compat import keras_mask
from ..functional.kv_cache import CacheIndex
from ..functional.tensor import Tensor
from ..gates.gate import GateLike
from .transformer_block import TransformerBlock, resolve_gate


@keras.saving.register_keras_serializable(package="foveal")
class DecoderBlock(TransformerBlock):
    """Transformer decoder block: causal self-attention, cross-attention, feed-forward (Vaswani et al. 2017).

    Called without a memory it is the block of a decoder-only model: it has no cross-attention.
    With `gate="sentinel"` each head of the cross-attention may use a sentinel, made from the decoder's own
    features, instead of the memory.

    Args:
        num_heads: number of heads; they divide the width of the inputs.
        intermediate_dim: width of the feed-forward layer.
        dropout: dropout rate of the output of each sublayer.
        attention_dropout: dropout rate of the attention weights.
        activation_dropout: dropout rate inside the feed-forward layer.
        bias, distribution, num_key_value_heads: of the self-attention, as in `SelfAttention`.
        self_attention_gate: gate of the self-attention: None, `"output"`, `"sentinel"` or a layer.
        cross_attention_bias, cross_attention_distribution: of the cross-attention.
        gate: None or `"sentinel"`, of the cross-attention.

    Call arguments:
        inputs: `(batch, T, dim)`.
        memory: `(batch, Tm, memory_dim)`; None with `memory_cache`, or in a decoder-only model.
        mask: boolean `(batch, T)`, False at padding.
        memory_mask: boolean `(batch, Tm)`.
        attention_mask: of the self-attention, in addition to the causal mask: boolean
            `(batch or 1, T, T)` or `(T, T)`; for several packed texts in a row.
        return_attention_scores: whether to return the weights, before dropout.
        training: whether to apply dropout.
        return_decisions: whether to return the decisions of distribution and gate.
        cache: the result of `init_cache` or a step; written at `cache_index`.
        cache_index: position of the first input, an int or a scalar, or `"end"`, as in `MultiHeadAttention`.
        positions, key_positions: of the inputs and of the cached keys, as in `SelfAttention`.
        memory_cache: the result of `memory_cache`. Its batch may be smaller than that of `inputs` by
            an integer factor: neighbouring rows (beams) then share a memory.

    Returns:
        The output `(batch, T, dim)`; then, where requested, the weights
        `{"self_attention": (batch, heads, T, T), "cross_attention": (batch, heads, T, Tm)}`; the decisions
        of the cross-attention, `{"gate": (batch, heads, T)}` with a gate; and with a cache the updated cache.
        Without a memory the weights and decisions are those of the self-attention.

    Raises:
        ValueError: if the width is no multiple of `num_heads`, masks or caches do not fit, or only some
            calls have a memory.

    Example:
        >>> block = DecoderBlock(num_heads=2, intermediate_dim=16, gate="sentinel")
        >>> tuple(block(np.ones((1, 3, 8)), np.ones((1, 5, 8))).shape)
        (1, 3, 8)
        >>> tuple(DecoderBlock(num_heads=2, intermediate_dim=16, bias="rotary")(np.ones((1, 3, 8))).shape)
        (1, 3, 8)

    Reference:
        Vaswani et al. 2017, Attention Is All You Need, section 3.1; Lu et al. 2017, Knowing When
        to Look, section 2.4 (the gate).
    """

    def __init__(
        self,
        num_heads: int,
        intermediate_dim: int,
        gate: GateLike | None = None,
        cross_attention_bias: BiasLike | None = None,
        cross_attention_distribution: DistributionLike = "softmax",
        **kwargs: Any,
    ):
        super().__init__(num_heads, intermediate_dim, **kwargs)
        self.gate = resolve_gate(gate)
        self.cross_attention_bias = biases.get(cross_attention_bias, dtype=self.dtype_policy)
        self.cross_attention_distribution = distributions.get(
            cross_attention_distribution, dtype=self.dtype_policy
        )
        components.add_user(self, self.gate, *self.cross_attention_bias, self.cross_attention_distribution)

    def build(self, inputs_shape: tuple, memory_shape: tuple | None = None) -> None:
        self.build_block(inputs_shape)
        self.cross_attention: MultiHeadAttention | None = None
        if memory_shape is None:
            return
        self.cross_attention = MultiHeadAttention(
            gate=self.gate,
            bias=self.cross_attention_bias,
            distribution=self.cross_attention_distribution,
            dropout=self.attention_dropout,
            **self.head_arguments(inputs_shape[-1]),
        )
        self.cross_attention.build(inputs_shape, memory_shape)
        self.cross_attention_norm = keras.layers.LayerNormalization(epsilon=1e-5, dtype=self.dtype_policy)
        self.cross_attention_norm.build(inputs_shape)

    def call(
        self,
        inputs: Tensor,
        memory: Tensor | None = None,
        mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        return_decisions: bool = False,
        cache: dict[str, dict[str, Tensor]] | None = None,
        cache_index: CacheIndex | None = None,
        memory_cache: dict[str, Tensor] | None = None,
        positions: Tensor | None = None,
        key_positions: Tensor | None = None,
    ) -> Tensor | tuple:
        mask = keras_mask(inputs) if mask is None else mask
        cache = {} if cache is None else cache
        flags = {"return_attention_scores": return_attention_scores, "return_decisions": return_decisions}
        has_memory = memory is not None or memory_cache is not None
        if has_memory != (self.cross_attention is not None):
            raise ValueError(
                "`memory` must be given in all calls of the block, or in none. "
                f"Received: {'a' if has_memory else 'no'} memory, and the first call had "
                f"{'none' if has_memory else 'one'}"
            )
        attended = self._self_attend(
            inputs,
            mask,
            cache,
            attention_mask=attention_mask,
            cache_index=cache_index,
            positions=positions,
            key_positions=key_positions,
            training=training,
            **flags,
        )
        hidden = self.add_residual(inputs, attended.output, training)
        weights, decisions = {"self_attention": attended.attention_scores}, attended.decisions
        new_cache = {
            "self_attention_cache": attended.cache,
            "self_attention_state": attended.state or {},
            "cross_attention_state": {},
        }
        if has_memory:
            state = cache.get("cross_attention_state")
            crossed = self._cross_attend(
                hidden, memory, mask, memory_mask, memory_cache, state, training=training, **flags
            )
            hidden = self.add_residual(hidden, crossed.output, training)
            weights["cross_attention"], decisions = crossed.attention_scores, crossed.decisions
            new_cache["cross_attention_state"] = crossed.state or {}
        return AttentionOutputs(
            self.feed_forward(hidden, training), weights, decisions, cache=new_cache if cache else None
        ).select(return_attention_scores, return_decisions)

    def init_cache(
        self, batch_size: int | Tensor, length: int, memory_length: int | Tensor | None = None
    ) -> dict[str, dict[str, Tensor]]:
        """Return an empty cache, to be written step by step.

        Args:
            batch_size: size of the batch.
            length: number of positions; 0 for a cache that grows.
            memory_length: length of the memory; only a cross-attention with a state along the keys needs it.
        """
        cross_attention_state = {}
        if self.cross_attention is not None:
            cross_attention_state = self.cross_attention.get_initial_state(batch_size, memory_length)
        return {
            "self_attention_cache": self.self_attention.init_cache(batch_size, length),
            "self_attention_state": self.self_attention.get_initial_state(batch_size, length),
            "cross_attention_state": cross_attention_state,
        }

    def memory_cache(self, memory: Tensor) -> dict[str, Tensor]:
        """Compute keys and values of a memory `(batch, Tm, memory_dim)` once.

        Raises:
            ValueError: if the block has no cross-attention.
        """
        if self.cross_attention is None:
            raise ValueError(f"The block must have been called with a memory first. Received: {self}")
        return self.cross_attention.memory_cache(memory)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "gate": components.serialize_component(self.gate),
            "cross_attention_bias": [
                components.serialize_component(bias) for bias in self.cross_attention_bias
            ],
            "cross_attention_distribution": components.serialize_component(self.cross_attention_distribution),
        }

    def _self_attend(
        self,
        inputs: Tensor,
        mask: Tensor | None,
        cache: dict[str, dict[str, Tensor]],
        **arguments: Any,
    ) -> AttentionOutputs:
        state = cache.get("self_attention_state") or None
        result = self.self_attention(
            self.attention_norm(inputs),
            query_mask=mask,
            use_causal_mask=True,
            cache=cache.get("self_attention_cache"),
            state=state,
            **arguments,
        )
        return AttentionOutputs.from_call(
            result,
            has_scores=arguments["return_attention_scores"],
            has_decisions=arguments["return_decisions"],
            has_cache=bool(cache),
            has_state=state is not None,
        )

    def _cross_attend(
        self,
        inputs: Tensor,
        memory: Tensor | None,
        mask: Tensor | None,
        memory_mask: Tensor | None,
        cache: dict[str, Tensor] | None,
        state: dict[str, Tensor] | None,
        **flags: Any,
    ) -> AttentionOutputs:
        query = self.cross_attention_norm(inputs)
        rows, length, _ = ops.shape(inputs)
        memory_cache = None
        if cache is not None:
            memory_cache = cache
            if state:  # each row has a state of its own, and needs a memory of its own
                memory_cache, memory_mask = repeat_rows((cache, memory_mask), rows)
            batch = ops.shape(memory_cache["key"])[0]  # rows that share a memory are queries of one example
            query = fold_beams(query, batch)
            mask = mask if mask is None else fold_beams(mask, batch)
        result = self.cross_attention(  # pyright: ignore[reportOptionalCall]
            query,
            memory,
            query_mask=mask,
            value_mask=memory_mask,
            cache=memory_cache,
            state=state or None,
            **flags,
        )
        outputs = AttentionOutputs.from_call(
            result,
            has_scores=flags["return_attention_scores"],
            has_decisions=flags["return_decisions"],
            has_state=bool(state),
        )
        if cache is None:
            return outputs

        def unfold(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else unfold_beams(tensor, rows, length, axis=2)

        return outputs._replace(
            output=ops.reshape(outputs.output, ops.shape(inputs)),
            attention_scores=unfold(outputs.attention_scores),
            decisions=keras.tree.map_structure(unfold, outputs.decisions),
        )

"""Base class of multi-head self-attention with one kernel for query, key and value."""

import keras
from keras import ops

from .. import biases
from ..functional import kv_cache
from ..functional.heads import fused_initializer, split_heads
from ..functional.keras_compat import keras_mask
from ..functional.kv_cache import CacheIndex
from ..functional.tensor import Tensor
from .attention_inputs import AttentionInputs
from .multi_head_base import MultiHeadBase


class FusedQKVAttention(MultiHeadBase):
    """Base class of self-attention whose query, key and value come from one matrix product.

    The kernel has the shape `(dim, heads * key_dim + key_value_heads * (key_dim + value_dim))`.
    """

    def build(self, query_shape: tuple) -> None:
        groups = self.num_key_value_heads
        units = (self.num_heads * self.key_dim, groups * self.key_dim, groups * self.value_dim)
        arguments = {
            **self.projection_arguments("query_key_value"),
            "kernel_initializer": fused_initializer(self.kernel_initializer, units),
        }
        self.query_key_value_dense = keras.layers.Dense(sum(units), use_bias=self.use_bias, **arguments)
        self.query_key_value_dense.build(query_shape)
        self.build_output_projection(query_shape)
        self.build_head_components(query_shape)

    def call(
        self,
        query: Tensor,
        query_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
        return_decisions: bool = False,
        cache: dict[str, Tensor] | None = None,
        cache_index: CacheIndex | None = None,
        prior: Tensor | None = None,
        state: dict[str, Tensor] | None = None,
        positions: Tensor | None = None,
        key_positions: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor | tuple:
        query_mask = mask if query_mask is None else query_mask
        query_mask = keras_mask(query) if query_mask is None else query_mask
        inputs = AttentionInputs(
            query,
            query_mask=query_mask,
            key_mask=query_mask if cache is None else None,
            attention_mask=attention_mask,
            use_causal_mask=use_causal_mask,
            cache=cache,
            cache_index=cache_index,
            prior=prior,
            state=state,
            positions=positions,
            key_positions=positions if cache is None else key_positions,
        )
        outputs = self._forward(inputs, training, return_attention_scores)
        return outputs.select(return_attention_scores, return_decisions)

    def compute_output_shape(self, query_shape: tuple) -> tuple:
        return self.replace_width(query_shape)

    def project_query_key_value(self, query: Tensor, positions: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Project a sequence with the fused kernel.

        Args:
            query: `(batch, T, dim)`.
            positions: positions of the sequence, int `(T,)`.

        Returns:
            Queries `(batch, heads, T, key_dim)`, and keys and values as a cache.
        """
        queries, groups = self.num_heads * self.key_dim, self.num_key_value_heads
        ends = (queries, queries + groups * self.key_dim)
        query, key, value = ops.split(self.query_key_value_dense(query), ends, -1)
        query = split_heads(query, self.num_heads)
        key, value = split_heads(key, groups), split_heads(value, groups)
        key = self.score.project_key(biases.transform_all(self.bias, key, positions))
        return query, {"key": key, "value": value}

    def project_inputs(self, inputs: AttentionInputs) -> tuple[Tensor, dict[str, Tensor]]:
        kv_cache.check_cache(inputs.query, inputs.cache, inputs.cache_index)
        query, memory = self.project_query_key_value(inputs.query, inputs.query_positions())
        if inputs.cache is not None:
            memory = kv_cache.update_cache(inputs.cache, memory, inputs.cache_index)
        return query, memory

"""Attention without heads or projections: the bare equation."""

from typing import Any

from .. import biases
from ..functional import attention_state, kv_cache, masks
from .attention import Attention, check_built, check_inputs, check_value_shape, results


class SingleHeadAttention(Attention):
    """The call of attention without heads, and without projections beyond the score's own.

    How it looks, softly or at one key, is what its heirs choose; they differ in nothing else.
    """

    def build(
        self, query_shape: tuple, value_shape: tuple | None = None, key_shape: tuple | None = None
    ) -> None:
        value_shape = check_value_shape(value_shape)
        self.build_components(query_shape, key_shape or value_shape)

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
        prior: Any = None,
        state: dict | None = None,
    ) -> Any:
        check_inputs(query, value, key)
        memory = kv_cache.memory(self, value, key, cache)
        mask = masks.compute_attention_mask(
            query,
            memory["key"],
            query_mask=query_mask,
            value_mask=value_mask,
            key_mask=key_mask,
            attention_mask=attention_mask,
            use_causal_mask=use_causal_mask,
        )
        attention_context = self.attention_context(query, memory["key"], mask, prior=prior, state=state)
        query = biases.transform_all(self.bias, query, attention_context.query_positions)
        need_weights = return_attention_scores or bool(state)
        context, weights, decisions = self.attend(
            query, memory["key"], memory["value"], attention_context, training, need_weights=need_weights
        )
        return results(
            context,
            (weights, return_attention_scores),
            (decisions, return_decisions),
            (state and attention_state.advance(state, weights), state is not None),
        )

    def memory_cache(self, value: Any, key: Any = None) -> dict:
        """What depends on a fixed memory alone, computed once: pass it as `cache`."""
        check_built(self)
        return {"key": self.prepare_keys(value if key is None else key), "value": value}

    def context_dim(self, query_width: int, value_width: int) -> int:
        return value_width

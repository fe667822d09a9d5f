"""One equation, the slots of which are every attention layer's arguments."""

from typing import Any

import keras
from keras import ops

from .. import biases, distributions, gates, scores
from ..biases import AttentionContext
from ..functional import attention_state, components, fused_attention
from ..functional.heads import group_queries, ungroup_queries
from ..hash_dropout import HashDropout
from .sequential_attention import attend_sequentially


class Attention(keras.layers.Layer):
    """What all attention layers share.

    ```
    scores  = score(query, key) + bias(query, key, positions)    how relevant? + where to lean
    weights = distribution(scores, mask)                         where to look
    context = weights . value                                    what was seen
    output  = gate(context, sentinel)                            look, or rely on what is already known
    ```
    """

    def __init__(self, score: Any, bias: Any, distribution: Any, dropout: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.score = scores.get(score, dtype=self.dtype_policy)
        self.bias = biases.get(bias, dtype=self.dtype_policy)
        self.distribution = distributions.get(distribution, dtype=self.dtype_policy)
        self.dropout = dropout
        self.dropout_layer = HashDropout(dropout, dtype=self.dtype_policy)

    heads_shape: tuple = ()

    @property
    def state_keys(self) -> tuple[str, ...]:
        """What its parts need to know of earlier queries: see `attention_state`."""
        return tuple(sorted({name for part in (*self.bias, self.distribution) for name in part.state_keys}))

    def is_stochastic(self, training: bool | None) -> bool:
        """Whether a call draws random numbers."""
        return bool(training and (self.dropout or self.distribution.is_stochastic))

    def build_components(self, query_shape: tuple, key_shape: tuple) -> None:
        """Builds what fills the slots, for `(batch, [heads,] T, dim)`."""
        components.build_component(self.score, query_shape, key_shape)
        for bias in self.bias:
            components.build_component(bias, query_shape, key_shape)
        components.build_component(self.distribution, (*query_shape[:-1], key_shape[-2]))

    def prepare_keys(self, key: Any, start: Any = 0) -> Any:
        """Keys as they are compared, the first at position `start`: what a cache holds."""
        positions = ops.arange(ops.shape(key)[-2], dtype="int32") + start
        return self.score.project_key(biases.transform_all(self.bias, key, positions))

    def attend(
        self,
        query: Any,
        key: Any,
        value: Any,
        attention_context: AttentionContext,
        training: bool | None,
        sentinel: Any = None,
        need_weights: bool = True,
    ) -> tuple[Any, Any, dict]:
        """The equation.

        Args:
            query: `(..., Tq, dim)`, as the biases turned it.
            key: `(..., Tk, key_dim)`, as `score.project_key` left it.
            value: `(..., Tk, value_dim)`.
            attention_context: mask, positions and what else the biases look at.
            training: whether weights are dropped and choices are drawn.
            sentinel: with a gate the sentinels `(..., Tq, value_dim)` and their keys.
            need_weights: whether the weights are needed; where they are not, a kernel may keep them.

        Returns:
            output `(..., Tq, value_dim)`, weights `(..., Tq, Tk)` before dropout, decisions.
        """
        if attention_context.coverage is not None and query.shape[-2] != 1:
            return self._attend_in_order(query, key, value, attention_context, training, sentinel)
        needed = need_weights or sentinel is not None or self.is_stochastic(training)
        if not needed and fused_attention.is_supported(self.score, self.distribution, key, value):
            leaning = biases.add_biases(
                self.bias, ops.zeros((), query.dtype), query, key, attention_context
            )
            mask = biases.update_mask(self.bias, attention_context).mask
            return fused_attention.fused_attention(query, key, value, leaning, mask), None, {}
        scores = biases.add_biases(self.bias, self._compare(query, key), query, key, attention_context)
        attention_context = biases.update_mask(self.bias, attention_context)

        def distribute(scores: Any, mask: Any) -> tuple[Any, dict]:
            carried = (
                {"previous": attention_context.previous_weights} if "previous" in self.distribution.state_keys else {}
            )
            return self.distribution(scores, mask=mask, training=training, **carried)

        if sentinel is None:
            weights, decisions = distribute(scores, attention_context.mask)
            return self._mix(weights, value, training), weights, decisions
        sentinel, sentinel_key = sentinel
        sentinel_score = self.score.score_pairs(query, sentinel_key)
        shares, beta, decisions = gates.distribute_with_sentinel(
            scores, sentinel_score, attention_context.mask, distribute
        )
        context = self._mix(ops.cast(shares, value.dtype), value, training)
        beta = ops.cast(beta, value.dtype)
        weights = ops.cast(gates.renormalize(shares), value.dtype)
        return context + beta[..., None] * sentinel, weights, {**decisions, "gate": beta}

    def attention_context(
        self, query: Any, key: Any, mask: Any, prior: Any = None, start: Any = None, state: Any = None
    ) -> AttentionContext:
        """What the parts look at besides query and key.

        Args:
            query: `(batch, Tq, dim)`.
            key: `(batch, [heads,] Tk, dim)`.
            mask: boolean that broadcasts to `(batch, Tq, Tk)`, or None.
            prior: what the caller expects, `(batch or 1, [heads,] Tq or 1, Tk)`, or None.
            start: position of the first query in a cache that is written.
            state: what earlier queries left, or None where there were none.
        """
        heads = len(key.shape) == 4
        keys = ops.shape(key)[-2]
        positions = ops.arange(ops.shape(query)[1], dtype="int32")
        if start is not None:
            positions = positions + start
        elif state and "position" in state:
            positions = positions + state["position"]
            positions = positions[:, None] if heads else positions
        query_count = (
            biases.count_queries(mask, ops.shape(query)[1]) if start is None and state is None else None
        )
        if state is None:
            state = self.get_initial_state(ops.shape(query)[0], keys)
        if set(state) != set(self.state_keys):
            raise ValueError(
                f"Expected a `state` of {list(self.state_keys)}, as `get_initial_state` makes it. "
                f"Received: {sorted(state)}"
            )
        if mask is not None and heads:
            mask = mask[:, None]  # the same for every head
            query_count = query_count if query_count is None else query_count[:, None]
        if prior is not None:
            shape = (query.shape[0], *self.heads_shape, query.shape[1], key.shape[-2])
            biases.check_prior(prior, shape, any(bias.needs_prior for bias in self.bias))
            prior = prior[:, None] if heads and len(prior.shape) == 3 else prior
        return AttentionContext(
            query_positions=positions,
            key_positions=ops.arange(keys, dtype="int32"),
            mask=mask,
            query_count=query_count,
            prior=prior,
            coverage=state.get("coverage"),
            previous_weights=state.get("previous"),
        )

    def get_initial_state(self, batch_size: Any, keys: Any) -> dict:
        """What parts that look back find before the first query; `{}` where none does."""
        return attention_state.initial(self.state_keys, batch_size, self.heads_shape, keys)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "score": keras.saving.serialize_keras_object(self.score),
            "bias": [keras.saving.serialize_keras_object(bias) for bias in self.bias],
            "distribution": keras.saving.serialize_keras_object(self.distribution),
            "dropout": self.dropout,
        }

    def _attend_in_order(
        self,
        query: Any,
        key: Any,
        value: Any,
        attention_context: AttentionContext,
        training: bool | None,
        sentinel: Any,
    ) -> tuple[Any, Any, dict]:
        def attend(
            query: Any, key: Any, value: Any, attention_context: AttentionContext, sentinel: Any
        ) -> tuple:
            return self.attend(query, key, value, attention_context, training, sentinel)

        return attend_sequentially(
            attend, query, key, value, attention_context, sentinel, self.is_stochastic(training)
        )

    def _compare(self, query: Any, key: Any) -> Any:
        return ungroup_queries(self.score.compute_scores(group_queries(query, key), key), query)

    def _mix(self, weights: Any, value: Any, training: bool | None) -> Any:
        kept = group_queries(self.dropout_layer(weights, training=training), value)
        return ungroup_queries(ops.matmul(kept, value), weights)


def results(output: Any, *optional: tuple[Any, bool]) -> Any:
    """The output alone, or followed by what else was asked for."""
    asked = [result for result, wanted in optional if wanted]
    return (output, *asked) if asked else output


def check_inputs(query: Any, value: Any = None, key: Any = None) -> None:
    """Raises a `ValueError` unless the tensors are `(batch, T, dim)` of one batch."""
    for name, tensor in (("query", query), ("value", value), ("key", key)):
        if tensor is None:
            continue
        if len(tensor.shape) != 3:
            raise ValueError(
                f"`{name}` must be of shape (batch, length, dim). Received: {tuple(tensor.shape)}"
            )
        if None not in (query.shape[0], tensor.shape[0]) and query.shape[0] != tensor.shape[0]:
            raise ValueError(
                f"`{name}` must have the batch of `query`, {query.shape[0]}. "
                f"Received shape: {tuple(tensor.shape)}"
            )
    lengths = {tensor.shape[1] for tensor in (value, key) if tensor is not None} - {None}
    if len(lengths) > 1:
        raise ValueError(
            f"`key` must be as long as `value`. Received shapes: {tuple(key.shape)}, {tuple(value.shape)}"
        )


def check_value_shape(value_shape: tuple | None) -> tuple:
    """The shape that a layer without weights takes its widths from, or a `ValueError` without one."""
    if value_shape is None:
        raise ValueError("Expected `value` in the first call of the layer. Received: value=None")
    return value_shape


def check_sentinel(distribution: Any) -> None:
    """Raises a `ValueError` unless the keys of a distribution may be joined by a sentinel."""
    if distribution.is_ordered:
        raise ValueError(
            "A sentinel is no key that comes before or after another: with a gate expected a distribution "
            f"that takes the keys in any order. Received: {distribution}"
        )


def check_built(layer: keras.layers.Layer) -> None:
    """Raises a `ValueError` unless the layer has its weights."""
    if not layer.built:
        raise ValueError(f"Expected a layer that is built or was called. Received: {layer}")

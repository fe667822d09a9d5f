"""Base class of attention layers: one equation with five interchangeable components."""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
from keras import ops

from .. import biases, distributions, gates, scores
from ..biases import AttentionContext
from ..biases.bias import BiasLike
from ..distributions import Softmax
from ..distributions.distribution import DistributionLike
from ..functional import attention_state, components, kv_cache
from ..functional.fused_attention import fused_attention, is_supported
from ..functional.heads import group_queries, ungroup_queries
from ..functional.output_spec import traced_output_spec
from ..functional.precision import working_dtype
from ..functional.tensor import Tensor, TensorTree
from ..hash_dropout import HashDropout
from ..scores import ScaledDot
from ..scores.score import ScoreLike
from .argument_checks import check_built
from .attention_inputs import AttentionInputs
from .attention_outputs import AttentionOutputs
from .attention_weights import AttentionWeights
from .sequential_attention import attend_sequentially
from .tiled_attention import attend_in_tiles, fits_at_once


class Attention(keras.layers.Layer):
    """Base class of attention layers.

    ```
    scores  = score(query, key) + bias(query, key, context)
    weights = distribution(scores, mask)
    context = weights . value
    output  = gate(context, query)
    ```

    `call` of a subclass passes its arguments to `_forward`, the one body of all layers. A subclass
    overrides the hooks `project_inputs`, `make_sentinel`, `gate_output` and `project_output`.

    Args:
        score: the name of a score, or a `Score` layer.
        bias: None, the name of a bias, a `Bias` layer, or a list of them.
        distribution: the name of a distribution, or a `Distribution` layer.
        dropout: fraction of the weights that is dropped in training.
        seed: of the dropout; None for a different one in every process.

    Attributes:
        heads_shape: `(heads,)`, or `()` for a layer without heads.
        needs_lstm_states: whether `call` needs the input and states of an LSTM, as `lstm`.
        flash_attention: whether fused attention uses flash attention: see `fused_attention`.
    """

    heads_shape: tuple = ()
    needs_lstm_states: bool = False
    flash_attention: bool | None = None

    def __init__(
        self,
        score: ScoreLike,
        bias: BiasLike | None,
        distribution: DistributionLike,
        dropout: float,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.score = scores.get(score, dtype=self.dtype_policy)
        self.bias = biases.get(bias, dtype=self.dtype_policy)
        self.distribution = distributions.get(distribution, dtype=self.dtype_policy)
        components.add_user(self, self.score, *self.bias, self.distribution)
        self.dropout = dropout
        self.seed = seed
        self.dropout_layer = HashDropout(dropout, seed=seed, dtype=self.dtype_policy)

    @property
    def state_keys(self) -> tuple[str, ...]:
        """Keys of the state that the components need of earlier queries: see `attention_state`."""
        return tuple(sorted({name for part in (*self.bias, self.distribution) for name in part.state_keys}))

    def is_stochastic(self, training: bool | None) -> bool:
        """Return whether a call draws random numbers."""
        return bool(training and (self.dropout or self.distribution.is_stochastic))

    def build_components(self, query_shape: tuple, key_shape: tuple) -> None:
        """Build score, biases and distribution for shapes `(batch, [heads,] T, dim)`."""
        components.build_component(self.score, query_shape, key_shape)
        for bias in self.bias:
            components.build_component(bias, query_shape, key_shape)
        components.build_component(self.distribution, (*query_shape[:-1], key_shape[-2]))

    def get_initial_state(self, batch_size: int | Tensor, key_length: int | Tensor) -> dict[str, Tensor]:
        """Return the state before the first query; `{}` where no component needs one."""
        return attention_state.initial_state(
            self.state_keys, batch_size, self.heads_shape, key_length, working_dtype(self.compute_dtype)
        )

    def memory_cache(
        self, value: Tensor, key: Tensor | None = None, start: int | Tensor = 0
    ) -> dict[str, Tensor]:
        """Compute keys and values of a fixed memory once, for the argument `cache`.

        Args:
            value: `(batch, Tk, value_dim)`.
            key: `(batch, Tk, key_dim)`; `value` when None.
            start: position of the first key.

        Returns:
            `{"key", "value"}`, each `(batch, [heads,] Tk, dim)`.

        Raises:
            ValueError: if the layer is not built.
        """
        check_built(self)
        return {"key": self.prepare_keys(value if key is None else key, start), "value": value}

    def prepare_keys(self, key: Tensor, start: int | Tensor = 0) -> Tensor:
        """Transform and project keys `(..., Tk, dim)`, the first at position `start`."""
        return self.score.project_key(self.transform_keys(key, start))

    def transform_keys(self, key: Tensor, start: int | Tensor = 0) -> Tensor:
        """Apply the `transform` of all biases to keys `(..., Tk, dim)`, the first at position `start`."""
        positions = ops.arange(ops.shape(key)[-2], dtype="int32") + start
        return biases.transform_all(self.bias, key, positions)

    def context_dim(self, query_dim: int, value_dim: int) -> int:
        """Return the width of the output for the widths of query and value."""
        return value_dim

    # --- hooks of the shared body -----------------------------------------------------------------

    def project_inputs(self, inputs: AttentionInputs) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the projected query `(batch, [heads,] Tq, dim)`, and keys and values as a cache."""
        return inputs.query, self.project_memory(inputs)

    def project_memory(self, inputs: AttentionInputs) -> dict[str, Tensor]:
        """Return keys and values of a call: from the inputs, from the cache, or from both."""
        kv_cache.check_cache(inputs.value, inputs.cache, inputs.cache_index)
        if inputs.value is None and inputs.cache is not None:
            return inputs.cache
        if inputs.cache is None:
            return self.memory_cache(inputs.value, inputs.key)
        new = self.memory_cache(inputs.value, inputs.key, start=inputs.start)
        return kv_cache.update_cache(inputs.cache, new, inputs.cache_index)

    def make_sentinel(self, inputs: AttentionInputs, query_positions: Tensor) -> tuple[Tensor, Tensor] | None:
        """Return the sentinel of each query and its key, each `(..., Tq, dim)`; None without one."""
        return None

    def gate_output(self, inputs: AttentionInputs, output: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the gated output of the equation, `(batch, [heads,] Tq, dim)`, and decisions."""
        return output, {}

    def project_output(self, output: Tensor) -> Tensor:
        """Return the output of the layer for the output of the equation, `(batch, [heads,] Tq, dim)`."""
        return output

    # --- the shared body --------------------------------------------------------------------------

    def _forward(
        self, inputs: AttentionInputs, training: bool | None, need_weights: bool
    ) -> AttentionOutputs:
        """Run a call: check, project, attend, project, and update cache and state."""
        inputs.check_shapes()
        query, memory = self.project_inputs(inputs)
        need_weights = need_weights or attention_state.needs_weights(inputs.state)
        output, weights = self._attend_memory(query, memory, inputs, training, need_weights)
        output, decisions = self.gate_output(inputs, output)
        return AttentionOutputs(
            self.project_output(output),
            weights.weights,
            {**weights.decisions, **decisions},
            cache=None if inputs.cache_index is None else memory,
            state=_next_state(inputs, weights),
        )

    def _attend_memory(
        self,
        query: Tensor,
        memory: dict[str, Tensor],
        inputs: AttentionInputs,
        training: bool | None,
        need_weights: bool,
    ) -> tuple[Tensor, AttentionWeights]:
        """Attend from the projected query to projected keys and values, in tiles where possible."""
        if not need_weights and not inputs.state and self.can_tile(query, memory, training):
            return self._attend_in_tiles(query, memory, inputs, training)
        attention_context = self.build_attention_context(inputs, memory["key"])
        query = biases.transform_all(self.bias, query, attention_context.query_positions)
        sentinel = self.make_sentinel(inputs, attention_context.query_positions)
        return self.attend(query, memory, attention_context, training, sentinel, need_weights)

    def build_attention_context(self, inputs: AttentionInputs, key: Tensor) -> AttentionContext:
        """Collect what biases and distribution read besides query and key.

        Args:
            inputs: the arguments of the call.
            key: `(batch, [heads,] Tk, dim)`.

        Returns:
            An `AttentionContext`.

        Raises:
            ValueError: if the keys of `inputs.state` are not `state_keys`, or masks or prior do not fit.
        """
        query, state, start = inputs.query, inputs.state, inputs.start
        has_heads = len(key.shape) == 4
        key_length = ops.shape(key)[-2]
        mask, query_count = self._compute_mask(inputs, key), None
        if start is None and state is None:
            query_count = biases.count_queries(mask, ops.shape(query)[1])
        if state is None:
            state = self.get_initial_state(ops.shape(query)[0], key_length)
        if set(state) != set(self.state_keys):
            raise ValueError(
                f"`state` must have the keys {list(self.state_keys)}, as `get_initial_state` returns them. "
                f"Received: state with keys {sorted(state)}"
            )
        return AttentionContext(
            query_positions=self._query_positions(inputs, has_heads),
            key_positions=(
                ops.arange(key_length, dtype="int32")
                if inputs.key_positions is None
                else inputs.key_positions
            ),
            mask=mask,
            query_count=query_count,
            prior=self._checked_prior(inputs, key),
            coverage=state.get("coverage"),
            previous_weights=state.get("previous"),
        )

    def _compute_mask(self, inputs: AttentionInputs, key: Tensor) -> Tensor | None:
        """The mask, which broadcasts to `(batch, [heads,] Tq, Tk)`; None where nothing is masked."""
        mask = inputs.compute_mask(key, *self.heads_shape)
        if mask is None or len(mask.shape) == len(key.shape):
            return mask
        return mask[:, None]  # all heads share it

    def _query_positions(self, inputs: AttentionInputs, has_heads: bool) -> Tensor:
        """Positions of the queries, int `(Tq,)`, or `(batch, [1,] Tq)` with a position in the state."""
        positions = inputs.query_positions()
        is_given = inputs.start is not None or inputs.positions is not None
        if is_given or not inputs.state or "position" not in inputs.state:
            return positions
        positions = positions + inputs.state["position"]
        return positions[:, None] if has_heads else positions

    def _checked_prior(self, inputs: AttentionInputs, key: Tensor) -> Tensor | None:
        """The prior `(batch or 1, [heads or 1,] Tq or 1, Tk)`; None without one."""
        prior, query = inputs.prior, inputs.query
        if prior is None:
            return None
        shape = (query.shape[0], *self.heads_shape, query.shape[1], key.shape[-2])
        biases.check_prior(prior, shape, any(bias.needs_prior for bias in self.bias))
        return prior[:, None] if len(key.shape) == 4 and len(prior.shape) == 3 else prior

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> TensorTree:
        """Return the symbolic outputs of a call, those of optional outputs included."""
        return traced_output_spec(self, *args, **kwargs)

    # --- the equation -----------------------------------------------------------------------------

    def attend(
        self,
        query: Tensor,
        memory: dict[str, Tensor],
        attention_context: AttentionContext,
        training: bool | None = None,
        sentinel: tuple[Tensor, Tensor] | None = None,
        need_weights: bool = True,
    ) -> tuple[Tensor, AttentionWeights]:
        """Compute the equation, in a fused kernel where possible.

        Args:
            query: `(..., Tq, dim)`, transformed by the biases.
            memory: `"key"`, `(..., Tk, key_dim)`, from `prepare_keys`, and `"value"`,
                `(..., Tk, value_dim)`.
            attention_context: mask, positions and further inputs of the biases.
            training: whether to drop weights and to sample.
            sentinel: with a gate, the sentinels `(..., Tq, value_dim)` and their keys.
            need_weights: whether to return weights; a fused kernel computes none.

        Returns:
            The output `(..., Tq, value_dim)`, and the `AttentionWeights`.
        """
        if attention_context.coverage is not None and query.shape[-2] != 1:

            def attend(
                query: Tensor, attention_context: AttentionContext, sentinel: tuple[Tensor, Tensor] | None
            ) -> tuple[Tensor, AttentionWeights]:
                return self.attend(query, memory, attention_context, training, sentinel)

            is_stochastic = self.is_stochastic(training)
            return attend_sequentially(attend, query, memory, attention_context, sentinel, is_stochastic)
        needed = need_weights or sentinel is not None or self.is_stochastic(training)
        if not needed and self.can_fuse(memory):
            return self._attend_fused(query, memory, attention_context), AttentionWeights(None, {})
        if self.flash_attention:
            raise ValueError(
                "Returning attention scores is not supported when flash attention is enabled, nor are other "
                "parts than a scaled dot product and softmax, nor the backend TensorFlow. "
                "Use flash_attention=None. Received: flash_attention=True"
            )
        weights = self.compute_weights(query, memory, attention_context, training, sentinel)
        return self.apply_weights(weights, memory["value"], training, sentinel), weights

    def _attend_in_tiles(
        self,
        query: Tensor,
        memory: dict[str, Tensor],
        inputs: AttentionInputs,
        training: bool | None,
    ) -> tuple[Tensor, AttentionWeights]:
        positions = inputs.query_positions()
        query = biases.transform_all(self.bias, query, positions)
        sentinel = self.make_sentinel(inputs, positions)
        key, prior = memory["key"], self._checked_prior(inputs, memory["key"])
        length, query_count = ops.shape(query)[-2], None
        if inputs.start is None and any(bias.needs_lengths for bias in self.bias):
            query_count = biases.count_queries(self._compute_mask(inputs, key), length)
        drop = self.dropout_layer.draw_rows(length) if training and self.dropout else None

        def attend(
            indices: Tensor,
            query: Tensor,
            memory: dict[str, Tensor],
            prior: Tensor | None,
            sentinel: tuple[Tensor, Tensor] | None,
        ) -> tuple[Tensor, dict[str, Tensor]]:
            context = self.build_attention_context(inputs.take_queries(indices, key), memory["key"])
            context = dataclasses.replace(context, prior=prior, query_count=query_count)
            weights = self.compute_weights(query, memory, context, training, sentinel)
            drop_tile = None if drop is None else partial(drop, indices=indices)
            output = self.apply_weights(weights, memory["value"], training, sentinel, drop_tile)
            return output, weights.decisions

        variables = [x for part in (self.score, *self.bias, self.distribution) for x in part.variables]
        autocast_dtype = self.compute_dtype if self.autocast else None
        output, decisions = attend_in_tiles(attend, query, memory, prior, sentinel, variables, autocast_dtype)
        return output, AttentionWeights(None, decisions)

    def compute_weights(
        self,
        query: Tensor,
        memory: dict[str, Tensor],
        attention_context: AttentionContext,
        training: bool | None = None,
        sentinel: tuple[Tensor, Tensor] | None = None,
    ) -> AttentionWeights:
        """Compute the weights: score, bias, distribution and gate. Args: as in `attend`."""
        scores = self._compute_scores(query, memory["key"])
        scores = biases.add_biases(self.bias, scores, query, memory["key"], attention_context)
        mask = biases.update_mask(self.bias, attention_context).mask
        state = {}
        if "previous" in self.distribution.state_keys:
            state["previous"] = attention_context.previous_weights

        def distribute(scores: Tensor, mask: Tensor | None) -> tuple[Tensor, dict[str, Tensor]]:
            return self.distribution(scores, mask=mask, training=training, **state)

        if sentinel is None:
            return AttentionWeights(*distribute(scores, mask))
        sentinel_scores = self.score.score_pairs(query, sentinel[1])
        value_weights, gate, decisions = gates.distribute_with_sentinel(
            scores, sentinel_scores, mask, distribute
        )
        dtype = memory["value"].dtype
        return AttentionWeights(
            ops.cast(gates.renormalize(value_weights), dtype),
            {**decisions, "gate": ops.cast(gate, dtype)},
            value_weights=ops.cast(value_weights, dtype),
        )

    def apply_weights(
        self,
        weights: AttentionWeights,
        value: Tensor,
        training: bool | None = None,
        sentinel: tuple[Tensor, Tensor] | None = None,
        drop: Callable | None = None,
    ) -> Tensor:
        """Compute the weighted sum of values and sentinel, after dropout of the weights.

        Args:
            weights: from `compute_weights`.
            value: `(..., Tk, value_dim)`.
            training: whether to drop weights.
            sentinel: as in `attend`.
            drop: maps the weights to those after dropout; `dropout_layer` when None.

        Returns:
            The output `(..., Tq, value_dim)`.
        """
        value_weights = weights.weights if weights.value_weights is None else weights.value_weights
        drop = drop or partial(self.dropout_layer, training=training)
        dropped = group_queries(drop(value_weights), value)
        context = ungroup_queries(ops.matmul(dropped, value), value_weights)
        if sentinel is None:
            return context
        return context + ops.expand_dims(weights.decisions["gate"], -1) * sentinel[0]

    def can_tile(self, query: Tensor, memory: dict[str, Tensor], training: bool | None) -> bool:
        """Return whether to attend in tiles: many queries, each on its own, and no fused kernel."""
        return (
            keras.backend.backend() == "tensorflow"
            and not fits_at_once(query, memory["key"])
            and not self.flash_attention
            and not set(self.state_keys) - {"position"}
            and not self.distribution.is_hard
            and not (training and self.distribution.is_stochastic)
        )

    def can_fuse(self, memory: dict[str, Tensor]) -> bool:
        """Return whether a fused kernel of the backend computes this equation."""
        return (
            type(self.score) is ScaledDot
            and type(self.distribution) is Softmax
            and self.distribution.temperature == 1
            and is_supported(memory["key"], memory["value"])
        )

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "score": components.serialize_component(self.score),
            "bias": [components.serialize_component(bias) for bias in self.bias],
            "distribution": components.serialize_component(self.distribution),
            "dropout": self.dropout,
            "seed": self.seed,
        }

    def _attend_fused(
        self, query: Tensor, memory: dict[str, Tensor], attention_context: AttentionContext
    ) -> Tensor:
        key, no_scores = memory["key"], ops.zeros((), query.dtype)
        bias = biases.add_biases(self.bias, no_scores, query, key, attention_context)
        mask = biases.update_mask(self.bias, attention_context).mask
        return fused_attention(query, key, memory["value"], bias, mask, self.flash_attention)

    def _compute_scores(self, query: Tensor, key: Tensor) -> Tensor:
        return ungroup_queries(self.score.compute_scores(group_queries(query, key), key), query)


def _next_state(inputs: AttentionInputs, weights: AttentionWeights) -> dict[str, Tensor] | None:
    if not inputs.state:
        return inputs.state
    alignment = weights.weights if weights.alignment is None else weights.alignment
    return attention_state.update_state(inputs.state, alignment, ops.shape(inputs.query)[1])

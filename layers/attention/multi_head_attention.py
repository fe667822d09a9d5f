"""Multi-head attention (Vaswani et al. 2017), with grouped keys (Ainslie et al. 2023) and a gate."""

from typing import Any

import keras

from ..biases.bias import BiasLike
from ..distributions.distribution import DistributionLike
from ..functional.components import InitializerLike
from ..functional.heads import split_heads
from ..functional.kv_cache import CacheIndex
from ..functional.tensor import Tensor
from ..gates.gate import GateLike
from ..scores.score import ScoreLike
from .argument_checks import check_built, check_value_shape
from .attention_inputs import AttentionInputs
from .multi_head_base import MultiHeadBase


@keras.saving.register_keras_serializable(package="foveal")
class MultiHeadAttention(MultiHeadBase):
    """Multi-head attention (Vaswani et al. 2017).

    1. query, key and value are projected and split into heads;
    2. each head computes scores, weights and the weighted sum of its values;
    3. a gate `"sentinel"` adds a key to each head, whose value is a sentinel made from the query (the
       Transformer form of Lu et al. 2017); a gate `"output"` multiplies the output of each head by a
       sigmoid of the query (Qiu et al. 2025);
    4. the heads are merged and projected.

    Args:
        num_heads: number of heads.
        key_dim: width of queries and keys of each head.
        value_dim: width of the values of each head; `key_dim` when None.
        num_key_value_heads: number of heads of keys and values, each shared by a group of neighbouring
            query heads (Ainslie et al. 2023); `num_heads` when None.
        score: `"scaled_dot"`, `"dot"`, `"additive"` or a layer.
        bias: None, a name such as `"alibi"`, a layer, or a list of them, which are summed.
        distribution: `"softmax"` or a layer.
        gate: None, `"output"`, `"sentinel"` or a layer.
        dropout: fraction of the weights dropped in training; returned weights are those before dropout.
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
        return_decisions: whether to return the decisions of distribution and gate.
        training: whether to drop weights.
        use_causal_mask: whether to mask the keys after the position of each query.
        cache: the result of `init_cache`, `memory_cache` or an earlier step.
        cache_index: position of the first query in a cache that is written; an int or a scalar. Or
            `"end"`: the new keys are appended and the cache grows, from `init_cache(batch, 0)` on. It moves
            less memory than a cache of full length, but its shape changes: not for XLA, nor with a
            state along the keys.
        prior: for a `PriorBias`, `(batch or 1, [heads or 1,] Tq or 1, Tk)`.
        state: state of earlier queries: `get_initial_state(batch, Tk)`, or the state that a call returned.

    Returns:
        The output `(batch, Tq, output_shape)`; then, where requested, the weights
        `(batch, heads, Tq, Tk)`; the decisions, `{"gate": (batch, heads, Tq)}` with a gate; and,
        where `cache_index` is given, the cache with the new positions; with a state the updated state.

    Raises:
        ValueError: if ranks, widths, masks or caches do not fit, or a component is unknown.

    Example:
        >>> layer = MultiHeadAttention(num_heads=2, key_dim=4, gate="sentinel")
        >>> query, value = np.ones((1, 3, 8)), np.ones((1, 5, 8))
        >>> output, weights, decisions = layer(
        ...     query, value, return_attention_scores=True, return_decisions=True
        ... )
        >>> tuple(output.shape), tuple(weights.shape), tuple(decisions["gate"].shape)
        ((1, 3, 8), (1, 2, 3, 5), (1, 2, 3))

    Reference:
        Vaswani et al. 2017, Attention Is All You Need, section 3.2.2; Ainslie et al. 2023, GQA: Training
        Generalized Multi-Query Transformer Models from Multi-Head Checkpoints.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        num_key_value_heads: int | None = None,
        score: ScoreLike = "scaled_dot",
        bias: BiasLike | None = None,
        distribution: DistributionLike = "softmax",
        gate: GateLike | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | None = None,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        **kwargs: Any,
    ):
        super().__init__(
            num_heads,
            key_dim,
            value_dim,
            score=score,
            bias=bias,
            distribution=distribution,
            gate=gate,
            dropout=dropout,
            use_bias=use_bias,
            output_shape=output_shape,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            **kwargs,
        )
        self.num_key_value_heads = num_key_value_heads or num_heads
        if num_heads % self.num_key_value_heads:
            raise ValueError(
                f"`num_key_value_heads` must divide `num_heads`, {num_heads}. "
                f"Received: num_key_value_heads={num_key_value_heads}"
            )

    def build(
        self, query_shape: tuple, value_shape: tuple | None = None, key_shape: tuple | None = None
    ) -> None:
        value_shape = check_value_shape(value_shape)
        groups, values = self.num_key_value_heads, self.num_heads * self.value_dim
        output_dim = self.context_dim(query_shape[-1], value_shape[-1])
        self.query_dense = self._make_dense(self.num_heads * self.key_dim, "query", query_shape)
        self.key_dense = self._make_dense(groups * self.key_dim, "key", key_shape or value_shape)
        self.value_dense = self._make_dense(groups * self.value_dim, "value", value_shape)
        self.output_dense = self._make_dense(output_dim, "output", (None, None, values))
        self.build_head_components(query_shape)

    def call(
        self,
        query: Tensor,
        value: Tensor | None = None,
        key: Tensor | None = None,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        return_decisions: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
        cache: dict[str, Tensor] | None = None,
        cache_index: CacheIndex | None = None,
        prior: Tensor | None = None,
        state: dict[str, Tensor] | None = None,
    ) -> Tensor | tuple:
        inputs = AttentionInputs(
            query,
            value,
            key,
            query_mask,
            value_mask,
            key_mask,
            attention_mask,
            use_causal_mask,
            cache,
            cache_index,
            prior,
            state,
        )
        outputs = self._forward(inputs, training, return_attention_scores)
        return outputs.select(return_attention_scores, return_decisions)

    def memory_cache(
        self, value: Tensor, key: Tensor | None = None, start: int | Tensor = 0
    ) -> dict[str, Tensor]:
        check_built(self)
        key = split_heads(self.key_dense(value if key is None else key), self.num_key_value_heads)
        value = split_heads(self.value_dense(value), self.num_key_value_heads)
        return {"key": self.prepare_keys(key, start), "value": value}

    def project_inputs(self, inputs: AttentionInputs) -> tuple[Tensor, dict[str, Tensor]]:
        memory = self.project_memory(inputs)
        return split_heads(self.query_dense(inputs.query), self.num_heads), memory

    def get_config(self) -> dict:
        return {**super().get_config(), "num_key_value_heads": self.num_key_value_heads}

    def _make_dense(self, units: int, name: str, input_shape: tuple) -> keras.layers.Dense:
        return self.make_projection(units, name, input_shape, self.kernel_initializer.clone())

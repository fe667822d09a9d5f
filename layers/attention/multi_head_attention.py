"""Multi-head attention (Vaswani et al. 2017), with grouped keys (Ainslie et al. 2023) and a gate."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ..biases import SlidingWindow
from ..biases.bias import BiasLike
from ..distributions.distribution import DistributionLike
from ..functional.attention_axes import AttentionAxes
from ..functional.components import ConstraintLike, InitializerLike, RegularizerLike
from ..functional.heads import check_sizes
from ..functional.kv_cache import CacheIndex
from ..functional.tensor import Tensor
from ..gates import OutputGate
from ..gates.gate import GateLike
from ..head_projection import HeadProjection
from ..scores.score import ScoreLike
from .argument_checks import check_built, check_key_shape, check_value_shape
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

    The arguments up to `seed` are those of `keras.layers.MultiHeadAttention`, in its order; the weights have
    its order, names and shapes.

    Args:
        num_heads: number of heads.
        key_dim: width of queries and keys of each head.
        value_dim: width of the values of each head; `key_dim` when None.
        dropout: fraction of the weights dropped in training; returned weights are those before dropout.
        use_bias: whether the projections have a bias.
        output_shape: width of the output, or its sizes where it has several axes in the place of the width;
            that of the query when None.
        attention_axes: axes of inputs `(batch, ..., dim)` that attention runs over, an int or a sequence;
            None for all between the first and the last. The others hold separate sequences. Causal masks
            and biases read the positions of these axes, flattened in their order.
        sliding_window: number of positions on each side of a query, its own included, that it attends to;
            the same as `bias=SlidingWindow(sliding_window - 1, sliding_window - 1)`.
        flash_attention: whether the fused kernel is flash attention; None for wherever the backend can. True
            raises where it cannot.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, kernel_constraint,
            bias_constraint: of the weights of the projections.
        activity_regularizer: of the outputs of the projections.
        use_gate: the same as `gate="output"`, with these initializers, regularizers and constraints.
        seed: of the dropout; None for a different one in every process.
        num_key_value_heads: number of heads of keys and values, each shared by a group of neighbouring
            query heads (Ainslie et al. 2023); `num_heads` when None.
        score: `"scaled_dot"`, `"dot"`, `"additive"` or a layer.
        bias: None, a name such as `"alibi"`, a layer, or a list of them, which are summed.
        distribution: `"softmax"` or a layer.
        gate: None, `"output"`, `"sentinel"` or a layer.

    Call arguments:
        query: `(batch, Tq, dim)`, or `(batch, ..., dim)` with further axes.
        value: `(batch, Tk, value_width)`, or with the axes of the query; None with a cache of a fixed memory.
        key: `(batch, Tk, key_width)`; `value` when None.
        query_mask: `(batch, Tq)`, boolean or numeric. The weights of a masked query are zero, and so is the
            output of its heads (with a gate `"sentinel"` it is the sentinel); then the output projection adds
            its bias.
        value_mask, key_mask: `(batch, Tk)`; with a cache, Tk is the length of the cache.
        attention_mask: `(Tq, Tk)`, `(batch, Tq, Tk)` or `(batch, heads, Tq, Tk)`; each size may be 1 instead.
        return_attention_scores: whether to return the weights, before dropout.
        training: whether to drop weights.
        use_causal_mask: whether to mask the keys after the position of each query.
        return_decisions: whether to return the decisions of distribution and gate.
        cache: the result of `init_cache`, `memory_cache` or an earlier step.
        cache_index: position of the first query in a cache that is written; an int or a scalar. Or
            `"end"`: the new keys are appended and the cache grows, from `init_cache(batch, 0)` on. It moves
            less memory than a cache of full length, but its shape changes: not for XLA, nor with a
            state along the keys.
        prior: for a `PriorBias`, `(batch or 1, [heads or 1,] Tq or 1, Tk)`.
        state: state of earlier queries: `get_initial_state(batch, Tk)`, or the state that a call returned.

    Returns:
        The output `(batch, Tq, output_shape)`; then, where requested, the weights `(batch, heads, Tq, Tk)`;
        the decisions, `{"gate": (batch, heads, Tq)}` with a gate; and, where `cache_index` is given, the
        cache with the new positions; with a state the updated state. Inputs with further axes return the
        output with these axes, the weights `(batch, ..., heads, Tq axes, Tk axes)`, and a cache and a state
        of the separate sequences.

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
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        use_gate: bool = False,
        seed: int | None = None,
        *,
        num_key_value_heads: int | None = None,
        score: ScoreLike = "scaled_dot",
        bias: BiasLike | None = None,
        distribution: DistributionLike = "softmax",
        gate: GateLike | None = None,
        **kwargs: Any,
    ):
        super().__init__(
            num_heads,
            key_dim,
            value_dim,
            dropout,
            use_bias,
            output_shape,
            num_key_value_heads=num_key_value_heads,
            score=score,
            bias=bias,
            distribution=distribution,
            gate=gate,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
            seed=seed,
            **kwargs,
        )
        check_sizes(sliding_window=sliding_window)
        self.attention_axes = _check_attention_axes(attention_axes)
        self.sliding_window = sliding_window
        if sliding_window is not None:
            self.bias = [*self.bias, SlidingWindow(sliding_window - 1, sliding_window - 1)]
        self.use_gate = use_gate
        if use_gate and gate is not None:
            raise ValueError(f"`gate` must be None with `use_gate=True`. Received: gate={gate}")
        self.flash_attention = flash_attention
        if flash_attention and dropout:
            raise ValueError(
                "Dropout is not supported when flash attention is enabled. "
                f"Received: dropout={dropout}, flash_attention={flash_attention}"
            )

    def build(
        self, query_shape: tuple, value_shape: tuple | None = None, key_shape: tuple | None = None
    ) -> None:
        value_shape = check_value_shape(value_shape)
        key_shape = check_key_shape(value_shape, key_shape)
        groups = self.num_key_value_heads
        self.query_dense = self._make_dense("query", query_shape, self.num_heads, self.key_dim)
        self.key_dense = self._make_dense("key", key_shape, groups, self.key_dim)
        if self.use_gate:
            output_gate = OutputGate(
                (self.num_heads, self.value_dim), use_bias=self.use_bias, **self.projection_arguments("gate")
            )
            output_gate.build((None, None, query_shape[-1]))
            self.gate, self._gate_dense = output_gate, output_gate.gate_dense
        self.value_dense = self._make_dense("value", value_shape, groups, self.value_dim)
        self.build_output_projection(query_shape)
        self.build_head_components((None, None, query_shape[-1]))
        # Weights files of Keras hold the projections under these names.
        self._query_dense, self._key_dense = self.query_dense, self.key_dense
        self._value_dense, self._output_dense = self.value_dense, self.output_dense

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
        training: bool | None = None,
        use_causal_mask: bool = False,
        return_decisions: bool = False,
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
        axes = AttentionAxes.resolve(self.attention_axes, len(query.shape))
        if axes is None:
            outputs = self._forward(inputs, training, return_attention_scores)
        else:
            inputs = inputs.fold(axes, self.num_heads)
            outputs = self._forward(inputs, training, return_attention_scores).unfold(axes, query, value)
        return outputs.select(return_attention_scores, return_decisions)

    def compute_output_shape(
        self, query_shape: tuple, value_shape: tuple | None = None, key_shape: tuple | None = None
    ) -> tuple:
        if value_shape is not None:
            check_key_shape(value_shape, key_shape)
        return self.replace_width(query_shape)

    def memory_cache(
        self, value: Tensor, key: Tensor | None = None, start: int | Tensor = 0
    ) -> dict[str, Tensor]:
        check_built(self)
        key = value if key is None else key
        if len(value.shape) > 3:
            axes = AttentionAxes.resolve(self.attention_axes, len(value.shape))
            value, key = axes.fold(value), axes.fold(key)  # pyright: ignore[reportOptionalMemberAccess]
        key, value = (ops.swapaxes(x, 1, 2) for x in (self.key_dense(key), self.value_dense(value)))
        return {"key": self.prepare_keys(key, start), "value": value}

    def project_inputs(self, inputs: AttentionInputs) -> tuple[Tensor, dict[str, Tensor]]:
        memory = self.project_memory(inputs)
        return ops.swapaxes(self.query_dense(inputs.query), 1, 2), memory

    def get_config(self) -> dict:
        config = super().get_config()
        if self.sliding_window is not None:
            config["bias"] = config["bias"][:-1]
        if self.use_gate:
            config["gate"] = None
        return {
            **config,
            "attention_axes": self.attention_axes,
            "sliding_window": self.sliding_window,
            "flash_attention": self.flash_attention,
            "use_gate": self.use_gate,
        }

    def _make_dense(self, name: str, input_shape: tuple, heads: int, dim: int) -> HeadProjection:
        """Create and build a projection of inputs to heads, `(batch, T, heads, dim)`."""
        return self.make_projection("abc,cde->abde", (heads, dim), name, (None, None, input_shape[-1]))


def _check_attention_axes(attention_axes: int | Sequence[int] | None) -> tuple[int, ...] | None:
    if attention_axes is None:
        return None
    axes = (attention_axes,) if isinstance(attention_axes, int) else attention_axes
    if not isinstance(axes, (list, tuple)) or not axes or not all(isinstance(axis, int) for axis in axes):
        raise ValueError(
            "`attention_axes` must be an int, or a list or tuple of ints. "
            f"Received: attention_axes={attention_axes}"
        )
    return tuple(axes)

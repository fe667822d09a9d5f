"""Base class of multi-head attention: sizes, caches and output projection."""

from typing import Any

import keras

from .. import biases, gates
from ..biases.bias import BiasLike
from ..distributions.distribution import DistributionLike
from ..functional import components, kv_cache
from ..functional.components import InitializerLike
from ..functional.heads import check_heads, merge_heads, split_heads
from ..functional.tensor import Tensor
from ..gates.gate import Gate, GateLike
from ..scores.score import ScoreLike
from .argument_checks import check_sentinel
from .attention import Attention
from .attention_inputs import AttentionInputs


class MultiHeadBase(Attention):
    """Base class of attention layers with heads, whose subclasses create the input projections.

    Args:
        num_heads: number of heads.
        key_dim: width of queries and keys of each head.
        value_dim: width of the values of each head; `key_dim` when None.
        score, bias, distribution, dropout: as in `Attention`.
        gate: None, the name of a gate, or a `Gate` layer.
        use_bias: whether the projections have a bias.
        output_shape: width of the output; that of the query when None.
        kernel_initializer: of the projections.
        bias_initializer: of the projections.

    Raises:
        ValueError: if `num_heads` or `key_dim` is below 1, a component is unknown, or a gate makes a
            sentinel and `value_dim` differs from `key_dim`, or the distribution reads the keys in order.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
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
        super().__init__(score=score, bias=bias, distribution=distribution, dropout=dropout, **kwargs)
        check_heads(num_heads, key_dim)
        self.num_heads = num_heads
        self.num_key_value_heads = num_heads
        self.key_dim = key_dim
        self.value_dim = value_dim or key_dim
        self.heads_shape = (num_heads,)
        self.gate: Gate | None = gates.get(gate, units=num_heads * self.value_dim, dtype=self.dtype_policy)
        if self.gate is not None and self.gate.has_sentinel:
            check_sentinel(self.distribution, key_dim, self.value_dim)
        self.use_bias = use_bias
        self.output_dim = output_shape
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build_head_components(self, query_shape: tuple) -> None:
        """Build score, biases, distribution and gate for the shape of the heads."""
        head = (None, self.num_heads, None, self.key_dim)
        self.build_components(head, head)
        if self.gate is not None:
            components.build_component(self.gate, query_shape)

    def init_cache(self, batch_size: int | Tensor, length: int) -> dict[str, Tensor]:
        """Return an empty cache for self-attention, to be written step by step.

        Args:
            batch_size: size of the batch.
            length: number of positions; 0 for a cache that grows.

        Returns:
            `{"key", "value"}`, each `(batch, heads, length, dim)`.
        """
        dims = (self.score.projected_dim(self.key_dim), self.value_dim)
        return kv_cache.init_cache(batch_size, self.num_key_value_heads, length, dims, self.compute_dtype)

    def make_sentinel(self, inputs: AttentionInputs, query_positions: Tensor) -> tuple[Tensor, Tensor] | None:
        sentinel = None if self.gate is None else self.gate.make_sentinel(inputs.query)
        if sentinel is None:
            return None
        sentinel = split_heads(sentinel, self.num_heads)
        key = biases.transform_all(self.bias, sentinel, query_positions)  # at the position of its query
        return sentinel, self.score.project_key(key)

    def gate_output(self, inputs: AttentionInputs, output: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        return (output, {}) if self.gate is None else self.gate.gate_output(inputs.query, output)

    def project_output(self, output: Tensor) -> Tensor:
        return self.output_dense(merge_heads(output))

    def context_dim(self, query_dim: int, value_dim: int) -> int:
        return self.output_dim or query_dim

    def make_projection(
        self, units: int, name: str, input_shape: tuple, kernel_initializer: InitializerLike
    ) -> keras.layers.Dense:
        """Create and build a dense projection."""
        dense = keras.layers.Dense(
            units,
            use_bias=self.use_bias,
            kernel_initializer=kernel_initializer,
            bias_initializer=self.bias_initializer,
            dtype=self.dtype_policy,
            name=name,
        )
        dense.build(input_shape)
        return dense

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "gate": keras.saving.serialize_keras_object(self.gate),
            "use_bias": self.use_bias,
            "output_shape": self.output_dim,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }

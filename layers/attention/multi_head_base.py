"""Base class of multi-head attention: sizes, caches and output projection."""

import string
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from .. import biases, gates
from ..biases.bias import BiasLike
from ..distributions.distribution import DistributionLike
from ..functional import components, kv_cache
from ..functional.components import ConstraintLike, InitializerLike, RegularizerLike
from ..functional.heads import check_sizes, split_heads
from ..functional.tensor import Tensor
from ..gates.gate import Gate, GateLike
from ..head_projection import HeadProjection
from ..scores.score import ScoreLike
from .argument_checks import check_sentinel, check_sentinel_dim
from .attention import Attention
from .attention_inputs import AttentionInputs


class MultiHeadBase(Attention):
    """Base class of attention layers with heads, whose subclasses create the input projections.

    Args:
        num_heads: number of heads.
        key_dim: width of queries and keys of each head.
        value_dim: width of the values of each head; `key_dim` when None.
        dropout: as in `Attention`.
        use_bias: whether the projections have a bias.
        output_shape: width of the output, or its sizes where it has several axes in the place of the width;
            that of the query when None.
        num_key_value_heads: number of heads of keys and values; `num_heads` when None.
        score, bias, distribution: as in `Attention`.
        gate: None, the name of a gate, or a `Gate` layer.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer, kernel_constraint,
            bias_constraint: of the weights of the projections.
        activity_regularizer: of the outputs of the projections.

    Raises:
        ValueError: if a size is not a positive integer, a component is unknown, or a gate makes a
            sentinel and `value_dim` differs from `key_dim`, or the distribution reads the keys in order.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        *,
        num_key_value_heads: int | None = None,
        score: ScoreLike = "scaled_dot",
        bias: BiasLike | None = None,
        distribution: DistributionLike = "softmax",
        gate: GateLike | None = None,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        **kwargs: Any,
    ):
        check_sizes(
            num_heads=num_heads,
            key_dim=key_dim,
            value_dim=value_dim,
            num_key_value_heads=num_key_value_heads,
        )
        super().__init__(score=score, bias=bias, distribution=distribution, dropout=dropout, **kwargs)
        self.num_heads = num_heads
        self.num_key_value_heads = num_key_value_heads or num_heads
        if num_heads % self.num_key_value_heads:
            raise ValueError(
                f"`num_key_value_heads` must divide `num_heads`, {num_heads}. "
                f"Received: num_key_value_heads={num_key_value_heads}"
            )
        self.key_dim = key_dim
        self.value_dim = value_dim or key_dim
        self.heads_shape = (num_heads,)
        self.gate: Gate | None = gates.get(gate, units=num_heads * self.value_dim, dtype=self.dtype_policy)
        components.add_user(self, self.gate)
        if self.gate is not None and self.gate.has_sentinel:
            check_sentinel(self.distribution, key_dim, self.value_dim)
        self.use_bias = use_bias
        self.output_sizes = _check_output_shape(output_shape)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        # Keras applies a layer's `activity_regularizer` to the outputs of the layer itself.
        self.projection_activity_regularizer = keras.regularizers.get(activity_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)

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
        check_sentinel_dim(sentinel, self.num_heads * self.value_dim)
        sentinel = split_heads(sentinel, self.num_heads)
        key = biases.transform_all(self.bias, sentinel, query_positions)  # at the position of its query
        return sentinel, self.score.project_key(key)

    def gate_output(self, inputs: AttentionInputs, output: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        return (output, {}) if self.gate is None else self.gate.gate_output(inputs.query, output)

    def project_output(self, output: Tensor) -> Tensor:
        return self.output_dense(ops.swapaxes(output, 1, 2))

    def context_dim(self, query_dim: int, value_dim: int) -> int:
        *outer, dim = self.output_sizes or (query_dim,)
        if outer:
            raise ValueError(f"`output_shape` must be one size here. Received: {self.output_sizes}")
        return dim

    def replace_width(self, query_shape: Sequence) -> tuple:
        """Return the shape of the output for a query `(batch, ..., dim)`."""
        return (*query_shape[:-1], *(self.output_sizes or query_shape[-1:]))

    def build_output_projection(self, query_shape: tuple) -> None:
        """Build the projection of the merged heads to the output."""
        sizes = self.output_sizes or query_shape[-1:]
        axes = string.ascii_lowercase[4 : 4 + len(sizes)]
        self.output_dense = self.make_projection(
            f"abcd,cd{axes}->ab{axes}",
            sizes,
            "attention_output",
            (None, None, self.num_heads, self.value_dim),
        )

    def make_projection(
        self, equation: str, sizes: Sequence[int], name: str, input_shape: tuple
    ) -> HeadProjection:
        """Create and build a projection to `(batch, T, *sizes)`, with the kernel that Keras's has."""
        dense = HeadProjection(
            equation,
            output_shape=(None, *sizes),
            bias_axes=equation[-len(sizes) :] if self.use_bias else None,
            **self.projection_arguments(name),
        )
        dense.build(input_shape)
        return dense

    def projection_arguments(self, name: str) -> dict[str, Any]:
        """Return the arguments that the projections share, with initializers of their own."""
        return {
            "kernel_initializer": self.kernel_initializer.clone(),
            "bias_initializer": self.bias_initializer.clone(),
            "kernel_regularizer": self.kernel_regularizer,
            "bias_regularizer": self.bias_regularizer,
            "activity_regularizer": self.projection_activity_regularizer,
            "kernel_constraint": self.kernel_constraint,
            "bias_constraint": self.bias_constraint,
            "dtype": self.dtype_policy,
            "name": name,
        }

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "num_key_value_heads": self.num_key_value_heads,
            "gate": components.serialize_component(self.gate),
            "use_bias": self.use_bias,
            "output_shape": self.output_sizes,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": keras.regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": keras.regularizers.serialize(self.projection_activity_regularizer),
            "kernel_constraint": keras.constraints.serialize(self.kernel_constraint),
            "bias_constraint": keras.constraints.serialize(self.bias_constraint),
        }


def _check_output_shape(output_shape: int | Sequence[int] | None) -> tuple[int, ...] | None:
    """Return the sizes of the output in the place of its width; None for the width of the query."""
    if output_shape is None:
        return None
    sizes = (output_shape,) if isinstance(output_shape, int) else output_shape
    is_sequence = isinstance(sizes, (list, tuple)) and len(sizes) > 0
    if not is_sequence or not all(isinstance(size, int) and size > 0 for size in sizes):
        raise ValueError(
            "Invalid `output_shape`: it must be a positive integer, or a list or tuple of them. "
            f"Received: output_shape={output_shape}"
        )
    return tuple(sizes)

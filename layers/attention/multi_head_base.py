"""Base class of multi-head attention: sizes, caches and output projection."""

from typing import Any

import keras

from ..biases.bias import BiasLike
from ..distributions.distribution import DistributionLike
from ..functional import kv_cache
from ..functional.components import InitializerLike
from ..functional.heads import check_heads, merge_heads
from ..functional.tensor import Tensor
from ..scores.score import ScoreLike
from .attention import Attention


class MultiHeadBase(Attention):
    """Base class of attention layers with heads, whose subclasses create the input projections.

    Args:
        num_heads: number of heads.
        key_dim: width of queries and keys of each head.
        value_dim: width of the values of each head; `key_dim` when None.
        score, bias, distribution, dropout: as in `Attention`.
        use_bias: whether the projections have a bias.
        output_shape: width of the output; that of the query when None.
        kernel_initializer: of the projections.
        bias_initializer: of the projections.

    Raises:
        ValueError: if `num_heads` or `key_dim` is below 1, or a component is unknown.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        score: ScoreLike = "scaled_dot",
        bias: BiasLike | None = None,
        distribution: DistributionLike = "softmax",
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
        self.use_bias = use_bias
        self.output_dim = output_shape
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build_head_components(self) -> None:
        """Build score, biases and distribution for the shape of the heads."""
        head = (None, self.num_heads, None, self.key_dim)
        self.build_components(head, head)

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
            "use_bias": self.use_bias,
            "output_shape": self.output_dim,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }

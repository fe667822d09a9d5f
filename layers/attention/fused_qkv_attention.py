"""Several heads of one sequence, their projections in one matrix product."""

from typing import Any

import keras
from keras import ops

from ..functional import kv_cache
from ..functional.heads import check_heads, fused_initializer, split_heads
from .attention import Attention


class FusedQKVAttention(Attention):
    """What attention of a sequence to itself shares: projections, cache and config.

    Query, key and value come out of one kernel `(dim, heads * (2 * key_dim + value_dim))`.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        score: Any = "scaled_dot",
        bias: Any = None,
        distribution: Any = "softmax",
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **kwargs: Any,
    ):
        super().__init__(score=score, bias=bias, distribution=distribution, dropout=dropout, **kwargs)
        check_heads(num_heads, key_dim)
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.value_dim = value_dim or key_dim
        self.heads_shape = (num_heads,)
        self.use_bias = use_bias
        self.output_dim = output_shape
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, query_shape: tuple) -> None:
        keys, values = self.num_heads * self.key_dim, self.num_heads * self.value_dim
        self.query_key_value_dense = self._dense((keys, keys, values), "query_key_value")
        self.query_key_value_dense.build(query_shape)
        self.output_dense = self._dense((self.output_dim or query_shape[-1],), "output")
        self.output_dense.build((None, None, values))
        head = (None, self.num_heads, None, self.key_dim)
        self.build_components(head, head)

    def init_cache(self, batch_size: Any, length: int) -> dict:
        """Room for `length` positions, to be written step by step."""
        dims = (self.score.projected_dim(self.key_dim), self.value_dim)
        return kv_cache.empty(batch_size, self.num_heads, length, dims, self.compute_dtype)

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

    def project(self, query: Any, start: Any) -> tuple[Any, dict]:
        """Heads of the queries `(batch, heads, T, key_dim)`, and their keys and values as a cache."""
        keys = self.num_heads * self.key_dim
        joint = self.query_key_value_dense(query)
        query, key, value = (
            split_heads(part, self.num_heads) for part in ops.split(joint, (keys, 2 * keys), -1)
        )
        return query, {"key": self.prepare_keys(key, start), "value": value}

    def _dense(self, widths: tuple, name: str) -> keras.layers.Dense:
        return keras.layers.Dense(
            sum(widths),
            use_bias=self.use_bias,
            kernel_initializer=fused_initializer(self.kernel_initializer, widths),
            bias_initializer=self.bias_initializer,
            dtype=self.dtype_policy,
            name=name,
        )

"""Base class of Transformer blocks: self-attention, feed-forward and residual connections."""

from typing import Any

import keras

from .. import biases, distributions, gates
from ..attention.self_attention import SelfAttention
from ..biases.bias import BiasLike
from ..distributions.distribution import DistributionLike
from ..functional import components
from ..functional.output_spec import traced_output_spec
from ..functional.tensor import Tensor, TensorTree
from ..gates.gate import Gate, GateLike
from ..hash_dropout import HashDropout


class TransformerBlock(keras.layers.Layer):
    """Base class of Transformer blocks with sublayers `x + dropout(sublayer(norm(x)))`.

    Args:
        num_heads: number of heads; they divide the width of the inputs.
        intermediate_dim: width of the feed-forward layer.
        dropout: dropout rate of the output of each sublayer.
        attention_dropout: dropout rate of the attention weights.
        activation_dropout: dropout rate inside the feed-forward layer.
        bias, distribution, num_key_value_heads: of the self-attention, as in `SelfAttention`.
        self_attention_gate: gate of the self-attention: None, `"output"`, `"sentinel"` or a layer.
    """

    def __init__(
        self,
        num_heads: int,
        intermediate_dim: int,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        activation_dropout: float = 0.0,
        bias: BiasLike | None = None,
        distribution: DistributionLike = "softmax",
        num_key_value_heads: int | None = None,
        self_attention_gate: GateLike | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.num_heads = num_heads
        self.intermediate_dim = intermediate_dim
        self.dropout = dropout
        self.attention_dropout = attention_dropout
        self.activation_dropout = activation_dropout
        self.bias = biases.get(bias, dtype=self.dtype_policy)
        self.distribution = distributions.get(distribution, dtype=self.dtype_policy)
        self.num_key_value_heads = num_key_value_heads
        self.self_attention_gate = resolve_gate(self_attention_gate)
        components.add_user(self, *self.bias, self.distribution, self.self_attention_gate)

    def build_block(self, shape: tuple) -> None:
        """Build self-attention and feed-forward for inputs `(batch, T, dim)`.

        Raises:
            ValueError: if dim is no multiple of `num_heads`.
        """
        dim = shape[-1]
        if dim is None or dim % self.num_heads:
            raise ValueError(
                f"`inputs` must have a width that is a multiple of `num_heads`, {self.num_heads}. "
                f"Received: inputs.shape={shape}"
            )
        dtype = self.dtype_policy
        self.self_attention = SelfAttention(
            bias=self.bias,
            distribution=self.distribution,
            num_key_value_heads=self.num_key_value_heads,
            gate=self.self_attention_gate,
            dropout=self.attention_dropout,
            **self.head_arguments(dim),
        )
        self.attention_norm = keras.layers.LayerNormalization(epsilon=1e-5, dtype=dtype)
        self.feed_forward_norm = keras.layers.LayerNormalization(epsilon=1e-5, dtype=dtype)
        self.intermediate_dense = keras.layers.Dense(self.intermediate_dim, activation="relu", dtype=dtype)
        self.output_dense = keras.layers.Dense(dim, dtype=dtype)
        self.residual_dropout = HashDropout(self.dropout, dtype=dtype)
        self.intermediate_dropout = HashDropout(self.activation_dropout, dtype=dtype)
        for layer in (self.self_attention, self.attention_norm, self.feed_forward_norm):
            layer.build(shape)
        self.intermediate_dense.build(shape)
        self.output_dense.build((*shape[:-1], self.intermediate_dim))

    def compute_output_shape(self, inputs_shape: tuple, memory_shape: tuple | None = None) -> tuple:
        return inputs_shape

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> TensorTree:
        return traced_output_spec(self, *args, **kwargs)

    def head_arguments(self, dim: int) -> dict[str, Any]:
        """Return the constructor arguments of an attention layer for inputs of width `dim`."""
        return {
            "num_heads": self.num_heads,
            "key_dim": dim // self.num_heads,
            "dtype": self.dtype_policy,
        }

    def add_residual(self, inputs: Tensor, update: Tensor, training: bool | None) -> Tensor:
        """Add the output of a sublayer, after dropout, to its inputs `(batch, T, dim)`."""
        return inputs + self.residual_dropout(update, training=training)

    def feed_forward(self, inputs: Tensor, training: bool | None) -> Tensor:
        """Apply the feed-forward sublayer to inputs `(batch, T, dim)`."""
        hidden = self.intermediate_dense(self.feed_forward_norm(inputs))
        hidden = self.intermediate_dropout(hidden, training=training)
        return self.add_residual(inputs, self.output_dense(hidden), training)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "intermediate_dim": self.intermediate_dim,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "activation_dropout": self.activation_dropout,
            "bias": [components.serialize_component(bias) for bias in self.bias],
            "distribution": components.serialize_component(self.distribution),
            "num_key_value_heads": self.num_key_value_heads,
            "self_attention_gate": components.serialize_component(self.self_attention_gate),
        }


def resolve_gate(gate: GateLike | None) -> Gate | str | None:
    """Resolve a gate, but for a name: a gate that is made from its name needs the width of the inputs."""
    return gate if isinstance(gate, str) else gates.get(gate)

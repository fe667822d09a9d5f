"""What the two blocks of a Transformer share."""

from typing import Any

import keras

from .. import biases, distributions
from ..attention.self_attention import SelfAttention
from ..hash_dropout import HashDropout


class TransformerBlock(keras.layers.Layer):
    """What both blocks share: `x + dropout(sublayer(norm(x)))`, and the feed-forward sublayer."""

    def __init__(
        self,
        num_heads: int,
        intermediate_dim: int,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        activation_dropout: float = 0.0,
        bias: Any = None,
        distribution: Any = "softmax",
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

    def build_block(self, shape: tuple) -> None:
        """Builds self-attention and feed-forward for a stream `(batch, T, dim)`."""
        dim = shape[-1]
        if dim is None or dim % self.num_heads:
            raise ValueError(
                f"The width of the inputs must be a multiple of `num_heads`, {self.num_heads}. "
                f"Received shape: {shape}"
            )
        dtype = self.dtype_policy
        self.self_attention = SelfAttention(
            bias=self.bias,
            distribution=self.distribution,
            dropout=self.attention_dropout,
            **self.heads(dim),
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

    def heads(self, dim: int) -> dict:
        return {
            "num_heads": self.num_heads,
            "key_dim": dim // self.num_heads,
            "dtype": self.dtype_policy,
        }

    def add(self, stream: Any, update: Any, training: bool | None) -> Any:
        return stream + self.residual_dropout(update, training=training)

    def feed_forward(self, stream: Any, training: bool | None) -> Any:
        hidden = self.intermediate_dense(self.feed_forward_norm(stream))
        hidden = self.intermediate_dropout(hidden, training=training)
        return self.add(stream, self.output_dense(hidden), training)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "intermediate_dim": self.intermediate_dim,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "activation_dropout": self.activation_dropout,
            "bias": [keras.saving.serialize_keras_object(bias) for bias in self.bias],
            "distribution": keras.saving.serialize_keras_object(self.distribution),
        }

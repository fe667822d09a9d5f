"""Layers of foveal with the constructors of Keras's attention layers.

`test_keras_suite.py` copies this file as the `conftest.py` of Keras's own tests, which then find these layers
in the place of those of Keras.
"""

from typing import Any

import keras
from keras import ops
from keras.src import layers

import foveal.layers


class ScaledScore(foveal.layers.Score):
    """The scores of `keras.layers.Attention` and `AdditiveAttention`, which have no projections."""

    def __init__(self, mode: str, use_scale: bool, **kwargs: Any):
        super().__init__(**kwargs)
        self.mode, self.use_scale = mode, use_scale

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        shape = query_shape[-1:] if self.mode == "additive" else ()
        self.scale = self.add_weight(shape=shape, initializer="ones") if self.use_scale else 1.0
        self.weight = self.add_weight(shape=(), initializer="ones") if self.mode == "concat" else 1.0

    def compute_scores(self, query: Any, key: Any) -> Any:
        if self.mode == "dot":
            return ops.matmul(query, ops.swapaxes(key, -1, -2)) * self.scale
        pairs = query[..., :, None, :] + key[..., None, :, :]
        if self.mode == "additive":
            return ops.sum(self.scale * ops.tanh(pairs), axis=-1)
        return self.weight * ops.sum(ops.tanh(self.scale * pairs), axis=-1)


@keras.saving.register_keras_serializable("stand_ins")
class Attention(foveal.layers.SoftAttention):
    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        score = ScaledScore(score_mode, use_scale, dtype=kwargs.get("dtype"))
        super().__init__(score, dropout=dropout, seed=seed, **kwargs)
        self.arguments = {"use_scale": use_scale, "score_mode": score_mode, "dropout": dropout, "seed": seed}

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)

    def call(
        self,
        inputs: list,
        mask: list | None = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        return super().call(
            inputs,
            mask=mask,
            training=training,
            return_attention_scores=return_attention_scores,
            use_causal_mask=use_causal_mask,
        )

    def compute_output_shape(self, input_shape: list) -> tuple:
        return super().compute_output_shape(input_shape)  # pyright: ignore[reportArgumentType]

    def get_config(self) -> dict:
        return {**keras.layers.Layer.get_config(self), **self.arguments}


@keras.saving.register_keras_serializable("stand_ins")
class AdditiveAttention(Attention):
    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any):
        super().__init__(use_scale, "additive", dropout, **kwargs)

    def get_config(self) -> dict:
        config = super().get_config()
        del config["score_mode"]
        return config


@keras.saving.register_keras_serializable("stand_ins")
class GroupedQueryAttention(foveal.layers.MultiHeadAttention):
    def __init__(self, head_dim: int, num_query_heads: int, num_key_value_heads: int, **kwargs: Any):
        super().__init__(num_query_heads, head_dim, num_key_value_heads=num_key_value_heads, **kwargs)

    def get_config(self) -> dict:
        config = super().get_config()
        sizes = {"head_dim": config.pop("key_dim"), "num_query_heads": config.pop("num_heads")}
        return {**config, **sizes}


layers.Attention = Attention
layers.AdditiveAttention = AdditiveAttention
layers.GroupedQueryAttention = GroupedQueryAttention
layers.MultiHeadAttention = foveal.layers.MultiHeadAttention

"""The models of the translation pipeline, by name: one to train, and its decoder to search with."""

from typing import Protocol

import keras
import tensorflow as tf

from ..decoding import Focus, Step
from .config import ModelConfig
from .rnn import RecurrentDecoder, build_rnn
from .transformer import TransformerDecoder, build_transformer


class Decoder(Protocol):
    """A trained model, one step at a time."""

    def start(
        self, source: tf.Tensor, beams: int, max_length: int | tf.Tensor, tell: tuple[str, ...] = ()
    ) -> tuple[Step, list, Focus]:
        """Encode `source` `(batch, S)`; return the step function, its first state and first focus.

        The focus holds what `tell` names, of `"attention"` `(batch, beams, S)`, `"gate"`
        `(batch, beams)`, `"attention_heads"` `(batch, beams, blocks, heads, S)` and `"gate_heads"`
        `(batch, beams, blocks, heads)`.
        """
        ...


def build(config: ModelConfig, vocabulary_size: int) -> keras.Model:
    """The model to train: `{"source": (batch, S), "target": (batch, T)}` ids -> logits `(batch, T, V)`."""
    builder = build_transformer if config.architecture == "transformer" else build_rnn
    return builder(config, vocabulary_size)


def decoder(model: keras.Model, config: ModelConfig) -> Decoder:
    """The decoder of a model that `build` built, sharing its weights."""
    if config.architecture == "transformer":
        return TransformerDecoder(model, config.alignment_block)
    return RecurrentDecoder(model)

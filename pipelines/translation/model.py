"""The models of the translation pipeline, by name: one to train, and its decoder to search with."""

import keras
import tensorflow as tf

from ..decoding.decoder import Decoder, Memory
from ..decoding.recurrent_decoder import RecurrentDecoder
from ..decoding.transformer_decoder import TransformerDecoder
from ..text.codec import PAD
from .config import ModelConfig
from .networks.rnn import build_rnn
from .networks.transformer import build_transformer


def build(config: ModelConfig, vocabulary_size: int) -> keras.Model:
    """The model to train.

    Returns:
        `{"source": (batch, S), "target": (batch, T)}` int32 ids -> `logits` `(batch, T, V)` and
        `attention` `(batch, T, S)`, where the decoder looked for each piece that it writes.
    """
    builder = build_transformer if config.architecture == "transformer" else build_rnn
    return builder(config, vocabulary_size)


def decoder(model: keras.Model, config: ModelConfig) -> Decoder:
    """The decoder of a model that `build` built, sharing its weights; it reads ids `(batch, S)`."""
    recurrent = config.architecture == "rnn"
    names = ("memory", "bridge") if recurrent else ("encoder_norm",)
    encoder = keras.Model(model.input["source"], {name: model.get_layer(name).output for name in names})

    def read(source: tf.Tensor) -> Memory:
        told = encoder(source)
        values, *states = (told[name] for name in names)
        return Memory(values, tf.not_equal(source, PAD), tuple(states))

    if recurrent:
        return RecurrentDecoder(model, read)
    return TransformerDecoder(model, read, config.alignment_layer)

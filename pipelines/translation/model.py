"""Translation network: the Keras model to train, its encoder and its step-by-step decoder."""

from typing import NamedTuple

import keras
import tensorflow as tf

from ..decoding.decoder import Decoder, Memory, RecurrentDecoderLayers, TransformerDecoderLayers
from ..decoding.recurrent_decoder import RecurrentDecoder
from ..decoding.transformer_decoder import TransformerDecoder
from ..text.codec import PAD
from .config import ModelConfig
from .networks.rnn import build_rnn
from .networks.transformer import build_transformer


class TranslationNetwork(NamedTuple):
    """A translation model and its parts, which share its weights.

    model: `{"source": (batch, S), "target": (batch, T)}` of int32 ids -> `{"logits": (batch, T,
        vocabulary_size), "attention": (batch, T, S)}`, with a gate also `"gate": (batch, num_layers, T)`.
        `attention` is the target-to-source attention.
    encoder: `(batch, S)` of int32 ids -> `{"memory": (batch, S, hidden_dim)}`; of a recurrent network also
        `"state"` `(batch, hidden_dim)`, the initial state of the decoder.
    decoder_layers: layers of the decoder, for step-by-step decoding.
    """

    model: keras.Model
    encoder: keras.Model
    decoder_layers: TransformerDecoderLayers | RecurrentDecoderLayers


def build(config: ModelConfig, vocabulary_size: int) -> TranslationNetwork:
    """Build the encoder-decoder network of an architecture.

    Args:
        config: architecture and sizes.
        vocabulary_size: number of tokens.

    Example:
        >>> config = ModelConfig(hidden_dim=8, num_heads=2, intermediate_dim=12)
        >>> model = build(config, vocabulary_size=300).model
        >>> outputs = model({"source": np.ones((2, 5)), "target": np.ones((2, 3))})
        >>> tuple(outputs["logits"].shape), tuple(outputs["attention"].shape)
        ((2, 3, 300), (2, 3, 5))
    """
    builder = build_transformer if config.architecture == "transformer" else build_rnn
    return TranslationNetwork(*builder(config, vocabulary_size))


def build_decoder(network: TranslationNetwork, alignment_layer: int = -1) -> Decoder:
    """Build the step-by-step decoder of a network; its source is `(batch, S)` int32 ids.

    Args:
        network: from `build`.
        alignment_layer: block of a Transformer whose attention, averaged over the heads, is the focus.
    """

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])  # one graph for all searches
    def encode_source(source: tf.Tensor) -> dict[str, tf.Tensor]:
        return network.encoder(source)

    def encode(source: tf.Tensor) -> Memory:
        outputs = encode_source(source)
        initial_states = (outputs["state"],) if "state" in outputs else ()
        return Memory(outputs["memory"], tf.not_equal(source, PAD), initial_states)

    if isinstance(network.decoder_layers, RecurrentDecoderLayers):
        return RecurrentDecoder(network.decoder_layers, encode)
    return TransformerDecoder(network.decoder_layers, encode, alignment_layer)

"""Captioning model: image encoder, projection of the grid to a memory, caption decoder."""

import math
from dataclasses import dataclass

import keras
import tensorflow as tf
from keras import layers, ops

from ...layers import HashDropout
from ..decoding.decoder import Decoder, Memory, TransformerDecoderLayers
from ..decoding.recurrent_decoder import RecurrentDecoder
from ..decoding.transformer_decoder import TransformerDecoder
from .config import ModelConfig
from .networks.encoders import SMALL, build_encoder
from .networks.lstm import LSTMCaptionerLayers, build_lstm
from .networks.transformer import build_transformer


@dataclass(frozen=True)
class CaptioningNetwork:
    """A captioning model and its parts, which share its weights.

    model: `{"image": (batch, image_size, image_size, 3) in 0 to 255, "caption": (batch, T) ids}` -> logits
        `(batch, T, V)`; this one is saved.
    encoder: image -> grid `(batch, rows, columns, channels)`.
    projection: grid -> memory `(batch, rows * columns, hidden_dim)`.
    decoder: `{"memory", "caption"}` -> `logits`, `attention` `(batch, num_layers, T, cells)` and, for hard
        attention, its decisions, see `build_lstm`.
    decoder_layers: the layers of the decoder, for step-by-step decoding.
    trains_encoder: whether the encoder is trained; the grids of a frozen one are cached.
    """

    model: keras.Model
    encoder: keras.Model
    projection: keras.Model
    decoder: keras.Model
    decoder_layers: TransformerDecoderLayers | LSTMCaptionerLayers
    trains_encoder: bool

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        _, rows, columns, _ = self.encoder.output_shape
        return rows, columns


def build(config: ModelConfig, image_size: int, vocabulary_size: int) -> CaptioningNetwork:
    """Build a model for images of `image_size` pixels.

    Raises:
        ValueError: for settings that do not go together.
        FileNotFoundError: if the weights of an encoder cannot be downloaded.
    """
    build_caption_decoder = build_lstm if config.architecture == "lstm" else build_transformer
    decoder, decoder_layers = build_caption_decoder(config, vocabulary_size)
    encoder = build_encoder(config.encoder, image_size)
    trains_encoder = config.finetune or config.encoder == SMALL
    encoder.trainable = trains_encoder
    projection = _build_projection(encoder.output_shape[1:], config.hidden_dim, config.dropout)
    image = keras.Input((image_size, image_size, 3), name="image")
    caption = keras.Input((None,), dtype="int32", name="caption")
    memory = projection(encoder(image))
    logits = decoder({"memory": memory, "caption": caption})["logits"]
    model = keras.Model({"image": image, "caption": caption}, logits, name="captioner")
    return CaptioningNetwork(model, encoder, projection, decoder, decoder_layers, trains_encoder)


def build_decoder(network: CaptioningNetwork) -> Decoder:
    """Build the step-by-step decoder; its source is a memory `(batch, cells, hidden_dim)`."""
    decoder_layers = network.decoder_layers
    if isinstance(decoder_layers, TransformerDecoderLayers):
        return TransformerDecoder(decoder_layers, Memory)
    initial_state = decoder_layers.initial_state

    def encode(values: tf.Tensor) -> Memory:
        mean = tf.reduce_mean(values, axis=1)
        return Memory(values, None, tuple(dense(mean) for dense in initial_state))

    return RecurrentDecoder(decoder_layers.decoder, encode)


def _build_projection(grid_shape: tuple[int, int, int], hidden_dim: int, dropout: float) -> keras.Model:
    """Project every cell with its position to the width of the decoder (Liu et al. 2018, CoordConv)."""
    rows, columns, _ = grid_shape
    grid = keras.Input(grid_shape, name="grid")
    x = HashDropout(dropout, name="grid_dropout")(grid)
    x = layers.Dense(hidden_dim, name="project")(ops.concatenate([x, _grid_positions(grid)], axis=-1))
    x = layers.Reshape((rows * columns, hidden_dim), name="cells")(x)
    x = layers.LayerNormalization(epsilon=1e-5, name="memory_norm")(x)
    return keras.Model(grid, x, name="projection")


def _grid_positions(grid: keras.KerasTensor) -> keras.KerasTensor:
    """Encode row and column as sines and cosines of 1/2, 1 and 2 periods: `(batch, rows, columns, 12)`."""
    ones = ops.ones_like(grid[..., :1])
    fractions = [ops.cumsum(ones, axis) / grid.shape[axis] for axis in (1, 2)]
    angles = ops.concatenate(
        [fraction * math.pi * frequency for fraction in fractions for frequency in (1, 2, 4)], axis=-1
    )
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)

"""The captioning model: a picture becomes a grid, the grid a memory, the memory a sentence."""

import math
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf
from keras import layers, ops

from ...layers import HashDropout
from ..decoding.decoder import Decoder, Memory
from ..decoding.recurrent_decoder import RecurrentDecoder
from ..decoding.transformer_decoder import TransformerDecoder
from .config import ModelConfig
from .networks.encoders import SMALL, build_encoder
from .networks.lstm import build_lstm
from .networks.transformer import build_transformer


@dataclass(frozen=True)
class Network:
    """A captioning model and its three parts, which share its weights.

    model: `{"image": (batch, image_size, image_size, 3) in 0 to 255, "caption": (batch, T) ids}` -> logits
        `(batch, T, V)`; what is saved.
    encoder: image -> grid `(batch, rows, columns, channels)`.
    projection: grid -> memory `(batch, rows * columns, hidden_dim)`.
    decoder: `{"memory", "caption"}` -> `logits`, `attention` `(batch, blocks, T, cells)` and of
        `hard` its decisions, see `build_lstm`.
    """

    model: keras.Model
    encoder: keras.Model
    projection: keras.Model
    decoder: keras.Model

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the grid."""
        _, rows, columns, _ = self.encoder.output_shape
        return rows, columns


def build(config: ModelConfig, image_size: int, vocabulary_size: int) -> Network:
    """Build a model for pictures of `image_size` pixels.

    Raises:
        ValueError: for settings that do not go together.
        FileNotFoundError: where an encoder's weights cannot be downloaded.
    """
    builder = build_lstm if config.architecture == "lstm" else build_transformer
    decoder = builder(config, vocabulary_size)
    encoder = build_encoder(config.encoder, image_size)
    encoder.trainable = trains_encoder(config)
    projection = _projection(config, encoder.output_shape[1:])
    image = keras.Input((image_size, image_size, 3), name="image")
    caption = keras.Input((None,), dtype="int32", name="caption")
    memory = projection(encoder(image))
    logits = decoder({"memory": memory, "caption": caption})["logits"]
    model = keras.Model({"image": image, "caption": caption}, logits, name="captioner")
    return Network(model, encoder, projection, decoder)


def trains_encoder(config: ModelConfig) -> bool:
    """Whether the encoder learns, so that its grids cannot be kept."""
    return config.finetune or config.encoder == SMALL


def build_decoder(network: Network, config: ModelConfig) -> Decoder:
    """The decoder one step at a time; its source is a memory `(batch, cells, hidden_dim)`."""

    def read(values: tf.Tensor) -> Memory:
        if config.architecture == "transformer":
            return Memory(values)
        mean = tf.reduce_mean(values, axis=1)
        return Memory(values, None, tuple(network.decoder.get_layer(f"first_{s}")(mean) for s in ("h", "c")))

    make = RecurrentDecoder if config.architecture == "lstm" else TransformerDecoder
    return make(network.decoder, read)


def _projection(config: ModelConfig, grid_shape: tuple[int, int, int]) -> keras.Model:
    """Every cell as wide as the decoder, which is told where it is too (Liu et al. 2018, CoordConv)."""
    rows, columns, _ = grid_shape
    grid = keras.Input(grid_shape, name="grid")
    x = HashDropout(config.dropout, name="grid_dropout")(grid)
    x = layers.Dense(config.hidden_dim, name="project")(ops.concatenate([x, _places(grid)], axis=-1))
    x = layers.Reshape((rows * columns, config.hidden_dim), name="cells")(x)
    x = layers.LayerNormalization(epsilon=1e-5, name="memory_norm")(x)
    return keras.Model(grid, x, name="projection")


def _places(grid: Any) -> Any:
    """Waves of row and column, `(batch, rows, columns, 12)`: half of one over the picture, a whole, two."""
    ones = ops.ones_like(grid[..., :1])
    shares = [ops.cumsum(ones, axis) / grid.shape[axis] for axis in (1, 2)]
    angles = ops.concatenate([share * math.pi * waves for share in shares for waves in (1, 2, 4)], axis=-1)
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)

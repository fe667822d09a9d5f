"""What reads the pieces: from embeddings to states that know what stands around them."""

from typing import Any

import keras
from keras import ops

from ....layers import EncoderBlock, HashDropout, SlidingWindow
from ...networks.position_encoding import position_biases, position_layer
from ..config import ModelConfig


def convolve(stream: Any, mask: Any, config: ModelConfig) -> Any:
    """Each state sees `kernel_size` pieces (Kim 2014); without a convolution it is the embedding."""
    if not config.kernel_size:
        return stream
    stream = stream * ops.cast(mask, stream.dtype)[..., None]
    states = keras.layers.Conv1D(
        config.hidden_dim, config.kernel_size, padding="same", activation="relu", name="convolution"
    )(stream)
    return HashDropout(config.dropout, name="convolution_dropout")(states)


def recur(stream: Any, mask: Any, config: ModelConfig, name: str = "recurrent") -> Any:
    """Two GRUs, from the left and from the right (Schuster and Paliwal 1997; Cho et al. 2014)."""
    for place in range(config.num_layers):
        layer = keras.layers.GRU(config.hidden_dim // 2, return_sequences=True)
        stream = keras.layers.Bidirectional(layer, name=f"{name}_{place}")(stream, mask=mask)
        stream = HashDropout(config.dropout, name=f"{name}_dropout_{place}")(stream)
    return stream


def transform(stream: Any, mask: Any, config: ModelConfig) -> Any:
    """Blocks of self-attention (Vaswani et al. 2017), pre-norm. In a window each looks at its
    neighbours alone, and through several blocks at theirs."""
    stream = keras.layers.Rescaling(config.hidden_dim**0.5, name="scale")(stream)
    stream = position_layer(config.positions)(stream)
    window = [SlidingWindow(config.window, config.window)] if config.window else []
    for place in range(config.num_layers):
        stream = EncoderBlock(
            config.num_heads,
            config.intermediate_dim,
            dropout=config.dropout,
            activation_dropout=config.dropout,
            bias=[*position_biases(config.positions), *window],
            name=f"block_{place}",
        )(stream, mask=mask)
    return keras.layers.LayerNormalization(epsilon=1e-5, name="encoder_norm")(stream)

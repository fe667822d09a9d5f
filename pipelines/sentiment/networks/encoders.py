"""Text encoders: convolution (Kim 2014), bidirectional GRU and Transformer (Vaswani et al. 2017)."""

import keras
from keras import ops

from ....layers import EncoderBlock, HashDropout, SlidingWindow
from ...networks.position_encoding import PositionEncoding, position_biases, position_layer


def convolutional_encoder(
    stream: keras.KerasTensor, mask: keras.KerasTensor, kernel_size: int, hidden_dim: int, dropout: float
) -> keras.KerasTensor:
    """Encode a sequence by a convolution over `kernel_size` tokens (Kim 2014).

    Args:
        stream: embeddings `(batch, T, embedding_dim)`.
        mask: `(batch, T)` bool, False for padding.
        kernel_size: tokens in each window; 0 returns the embeddings.
        hidden_dim: number of filters.
        dropout: dropout rate of the states.

    Returns:
        `(batch, T, hidden_dim)`.
    """
    if not kernel_size:
        return stream
    stream = stream * ops.expand_dims(ops.cast(mask, stream.dtype), -1)
    states = keras.layers.Conv1D(
        hidden_dim, kernel_size, padding="same", activation="relu", name="convolution"
    )(stream)
    return HashDropout(dropout, name="convolution_dropout")(states)


def recurrent_encoder(
    stream: keras.KerasTensor,
    mask: keras.KerasTensor,
    hidden_dim: int,
    num_layers: int,
    dropout: float,
    name: str = "recurrent",
) -> keras.KerasTensor:
    """Encode a sequence by bidirectional GRUs (Schuster and Paliwal 1997; Cho et al. 2014).

    Args:
        stream: `(batch, T, dim)`.
        mask: `(batch, T)` bool, False for padding.
        hidden_dim: total dimension of the states of both directions.
        num_layers: number of layers.
        dropout: dropout rate after each layer.
        name: prefix of the names of the layers.

    Returns:
        `(batch, T, hidden_dim)`.
    """
    for index in range(num_layers):
        layer = keras.layers.GRU(hidden_dim // 2, return_sequences=True)
        stream = keras.layers.Bidirectional(layer, name=f"{name}_{index}")(stream, mask=mask)
        stream = HashDropout(dropout, name=f"{name}_dropout_{index}")(stream)
    return stream


def transformer_encoder(
    stream: keras.KerasTensor,
    mask: keras.KerasTensor,
    *,
    num_heads: int,
    intermediate_dim: int,
    num_layers: int,
    position_encoding: PositionEncoding,
    window_size: int,
    dropout: float,
) -> keras.KerasTensor:
    """Encode a sequence by pre-norm self-attention blocks (Vaswani et al. 2017).

    Args:
        stream: embeddings `(batch, T, hidden_dim)`.
        mask: `(batch, T)` bool, False for padding.
        num_heads: heads of self-attention.
        intermediate_dim: inner dimension of the feed-forward layers.
        num_layers: number of blocks.
        position_encoding: added to the embeddings, or a bias of self-attention.
        window_size: tokens on each side in the sliding window; 0 for full attention.
        dropout: dropout rate.

    Returns:
        `(batch, T, hidden_dim)`.
    """
    stream = keras.layers.Rescaling(stream.shape[-1] ** 0.5, name="scale")(stream)
    positions = position_layer(position_encoding)
    stream = stream if positions is None else positions(stream)
    window = [SlidingWindow(window_size, window_size)] if window_size else []
    for index in range(num_layers):
        stream = EncoderBlock(
            num_heads,
            intermediate_dim,
            dropout=dropout,
            activation_dropout=dropout,
            bias=[*position_biases(position_encoding), *window],
            name=f"block_{index}",
        )(stream, mask=mask)
    return keras.layers.LayerNormalization(epsilon=1e-5, name="encoder_norm")(stream)

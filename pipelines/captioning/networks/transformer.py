"""The decoder of a Transformer that looks at a grid: a Keras model to train."""

import keras
from keras import ops

from ....layers import DecoderBlock, HashDropout, SinusoidalPositions
from ...text.codec import START
from ..config import ModelConfig


def build_transformer(config: ModelConfig, vocabulary_size: int) -> keras.Model:
    """Pre-norm blocks with tied embeddings; `adaptive` has a gate in each attention to the grid.

    A row may hold several captions, one behind the other: each begins with `START`, and sees itself alone.

    Args:
        config: the sizes.
        vocabulary_size: number of pieces.

    Returns:
        A model `{"memory": (batch, cells, hidden_dim), "caption": (batch, T) ids}` -> `logits` `(batch, T, V)`,
        `attention` `(batch, num_layers, T, cells)`, the mean of each block's heads.

    Raises:
        ValueError: for an attention that is neither soft nor adaptive.
    """
    if config.attention not in ("soft", "adaptive"):
        raise ValueError(
            "expected attention soft or adaptive with architecture transformer: hard draws a cell at each "
            f"step of an LSTM, spatial looks after that step; received attention={config.attention!r}"
        )
    # Layers
    hidden_dim = config.hidden_dim
    embedding = keras.layers.ReversibleEmbedding(
        vocabulary_size,
        hidden_dim,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=hidden_dim**-0.5),
        name="embedding",
    )
    scale = keras.layers.Rescaling(hidden_dim**0.5, name="scale")
    positions = SinusoidalPositions(name="positions")
    gate = "sentinel" if config.attention == "adaptive" else None

    # Functional model
    memory = keras.Input((None, hidden_dim), name="memory")
    caption = keras.Input((None,), dtype="int32", name="caption")
    number = ops.cumsum(ops.cast(ops.equal(caption, START), "int32"), axis=1)
    own = ops.equal(number[:, :, None], number[:, None, :])  # (batch, T, T)
    before = ops.sum(ops.cast(ops.tril(own, -1), "int32"), axis=2)  # pieces of the same caption
    words = positions(scale(embedding(caption)), positions=before)
    stream = HashDropout(config.dropout, name="word_dropout")(words)
    looked = []
    for place in range(config.num_layers):
        block = DecoderBlock(
            config.num_heads,
            config.intermediate_dim,
            dropout=config.dropout,
            activation_dropout=config.dropout,
            gate=gate,
            name=f"decoder_{place}",
        )
        stream, scores = block(stream, memory, attention_mask=own, return_attention_scores=True)
        looked.append(ops.mean(scores["cross_attention"], axis=1))
    stream = keras.layers.LayerNormalization(epsilon=1e-5, name="decoder_norm")(stream)
    told = {"logits": embedding(stream, reverse=True), "attention": ops.stack(looked, axis=1)}
    return keras.Model({"memory": memory, "caption": caption}, told, name="decoder")

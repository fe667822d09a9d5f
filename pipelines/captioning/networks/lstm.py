"""The recurrent decoders, after Xu et al. 2015 and Lu et al. 2017: Keras models to train."""

import keras
from keras import ops

from ....layers import (
    AdaptiveAttention,
    AttentionCell,
    AttentionRNN,
    HardAttention,
    HashDropout,
    SoftAttention,
)
from ..config import ModelConfig


def build_lstm(config: ModelConfig, vocabulary_size: int) -> keras.Model:
    """An LSTM that looks at the cells of a grid, or relies on its memory.

    `soft` and `hard` look before each step of the LSTM, and what they see is its input (Xu et al.
    2015, sections 3.1.2 and 4); `spatial` and `adaptive` look after it (Lu et al. 2017, sections
    2.2 and 2.3). All else is the same in the four: the first states come from the mean of the grid, and
    a word from what was seen, the LSTM's output and the word before (Xu et al., eq. 7).

    Args:
        config: the sizes.
        vocabulary_size: number of pieces.

    Returns:
        A model `{"memory": (batch, cells, hidden_dim), "caption": (batch, T) ids}` -> `logits` `(batch, T, V)`,
        `attention` `(batch, 1, T, cells)`, and of `hard` the `log_prob` and `entropy` of its draws, each
        `(batch, T)`.
    """
    # Layers
    hidden_dim = config.hidden_dim
    embedding = keras.layers.ReversibleEmbedding(
        vocabulary_size,
        hidden_dim,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=hidden_dim**-0.5),
        name="embedding",
    )
    scale = keras.layers.Rescaling(hidden_dim**0.5, name="scale")
    layer, attend = {
        "soft": (SoftAttention, "before"),
        "hard": (HardAttention, "before"),
        "spatial": (SoftAttention, "after"),
        "adaptive": (AdaptiveAttention, "after"),
    }[config.attention]
    cell = AttentionCell(keras.layers.LSTMCell(hidden_dim), layer("additive"), attend)

    # Functional model
    memory = keras.Input((None, hidden_dim), name="memory")
    caption = keras.Input((None,), dtype="int32", name="caption")
    mean = ops.mean(memory, axis=1)
    first = [keras.layers.Dense(hidden_dim, "tanh", name=f"first_{state}")(mean) for state in ("h", "c")]
    words = HashDropout(config.dropout, name="word_dropout")(scale(embedding(caption)))
    outputs, _, scores, decisions = AttentionRNN(cell, name="decoder")(words, memory, initial_state=first)
    seen = HashDropout(config.dropout, name="output_dropout")(ops.concatenate([outputs, words], -1))
    readout = keras.layers.Dense(hidden_dim, "tanh", name="readout")(seen)
    readout = HashDropout(config.dropout, name="readout_dropout")(readout)
    told = {"logits": embedding(readout, reverse=True), "attention": scores[:, None]}
    told |= {name: decisions[name] for name in ("log_prob", "entropy") if name in decisions}
    return keras.Model({"memory": memory, "caption": caption}, told, name="decoder")

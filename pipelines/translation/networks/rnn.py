"""The recurrent translation model: a Keras model to train."""

import keras
from keras import ops

from ....layers import AdaptiveAttention, AttentionCell, AttentionRNN, HashDropout, SoftAttention
from ...text.codec import PAD
from ..config import ModelConfig


def build_rnn(config: ModelConfig, vocabulary_size: int) -> keras.Model:
    """A bidirectional GRU encoder and a recurrent decoder with attention.

    Without the gate the decoder is that of Bahdanau et al. 2015: a GRU that looks before each step.
    With it, that of Lu et al. 2017: an LSTM that looks after each step, or relies on its memory.

    Args:
        config: the sizes.
        vocabulary_size: number of pieces.

    Returns:
        A model `{"source": (batch, S), "target": (batch, T)}` (int32 ids) -> `logits` `(batch, T, V)` and
        `attention` `(batch, T, S)`.
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
    if config.gate:
        cell = AttentionCell(
            keras.layers.LSTMCell(hidden_dim), AdaptiveAttention(config.score), attend="after"
        )
    else:
        cell = AttentionCell(keras.layers.GRUCell(hidden_dim), SoftAttention(config.score))

    # Functional model
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    mask = ops.not_equal(source, PAD)
    memory = HashDropout(config.dropout, name="source_dropout")(scale(embedding(source)))
    for place in range(config.num_encoder_layers):
        layer = keras.layers.GRU(hidden_dim // 2, return_sequences=True)
        memory = keras.layers.Bidirectional(layer, name=f"encoder_{place}")(memory, mask=mask)
        memory = HashDropout(config.dropout, name=f"encoder_dropout_{place}")(memory)
    memory = keras.layers.LayerNormalization(name="memory")(memory)
    shown = ops.cast(mask, memory.dtype)[..., None]
    length = ops.maximum(ops.sum(shown, axis=1), 1)  # a batch may be filled up with empty rows
    summary = ops.sum(memory * shown, axis=1) / length
    states = keras.layers.Dense(hidden_dim, "tanh", name="bridge")(summary)
    words = HashDropout(config.dropout, name="target_dropout")(scale(embedding(target)))
    first = [states, ops.zeros_like(states)] if config.gate else [states]
    outputs, _, scores, _ = AttentionRNN(cell, name="decoder")(
        words, memory, initial_state=first, memory_mask=mask
    )
    readout = keras.layers.Dense(hidden_dim, "tanh", name="readout")(ops.concatenate([outputs, words], -1))
    readout = HashDropout(config.dropout, name="readout_dropout")(readout)
    told = {"logits": embedding(readout, reverse=True), "attention": scores}
    return keras.Model({"source": source, "target": target}, told, name="rnn")

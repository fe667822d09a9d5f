"""LSTM caption decoders with soft, hard, spatial or adaptive attention (Xu et al. 2015, Lu et al. 2017)."""

from typing import NamedTuple

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
from ...decoding.decoder import RecurrentDecoderLayers
from ...networks.token_embedding import token_embedding
from ..config import ModelConfig


class LSTMCaptionerLayers(NamedTuple):
    """Layers of an LSTM captioner for step-by-step decoding.

    decoder: embedding, cell and readout.
    initial_state: two `Dense` layers, mean of the memory `(batch, hidden_dim)` -> first `h` and `c`.
    """

    decoder: RecurrentDecoderLayers
    initial_state: tuple[keras.layers.Dense, keras.layers.Dense]


def build_lstm(config: ModelConfig, vocabulary_size: int) -> tuple[keras.Model, LSTMCaptionerLayers]:
    """Build an LSTM decoder that attends to the cells of a grid.

    `soft` and `hard` attend before each step of the LSTM, and the context is its input (Xu et al. 2015,
    sections 3.1.2 and 4); `spatial` and `adaptive` attend after it (Lu et al. 2017, sections 2.2 and 2.3).
    The four are equal otherwise: the initial state comes from the mean of the grid, and a word from the
    context, the output of the LSTM and the previous word (Xu et al., eq. 7).

    Args:
        config: the model configuration.
        vocabulary_size: number of tokens.

    Returns:
        A model `{"memory": (batch, cells, hidden_dim), "caption": (batch, T) ids}` -> `logits`
        `(batch, T, V)`, `attention` `(batch, 1, T, cells)`, for `adaptive` the `gate` `(batch, 1, T)`, and
        for `hard` the `log_prob` and `entropy` of its samples, each `(batch, T)`; and its layers.
    """
    # Layers
    embedding, scale = token_embedding(vocabulary_size, config.hidden_dim)
    attention_class, attend = {
        "soft": (SoftAttention, "before"),
        "hard": (HardAttention, "before"),
        "spatial": (SoftAttention, "after"),
        "adaptive": (AdaptiveAttention, "after"),
    }[config.attention]
    cell = AttentionCell(keras.layers.LSTMCell(config.hidden_dim), attention_class("additive"), attend)
    initial_state = (
        keras.layers.Dense(config.hidden_dim, "tanh", name="first_h"),
        keras.layers.Dense(config.hidden_dim, "tanh", name="first_c"),
    )

    # Functional model
    memory = keras.Input((None, config.hidden_dim), name="memory")
    caption = keras.Input((None,), dtype="int32", name="caption")
    mean = ops.mean(memory, axis=1)
    states = [dense(mean) for dense in initial_state]
    words = HashDropout(config.dropout, name="word_dropout")(scale(embedding(caption)))
    rnn = AttentionRNN(cell, name="decoder")
    outputs, _, scores, decisions = rnn(words, memory, initial_state=states)
    features = HashDropout(config.dropout, name="output_dropout")(ops.concatenate([outputs, words], -1))
    readout = keras.layers.Dense(config.hidden_dim, "tanh", name="readout")
    features = HashDropout(config.dropout, name="readout_dropout")(readout(features))
    results = {"logits": embedding(features, reverse=True), "attention": scores[:, None]}
    results |= {name: decisions[name] for name in ("log_prob", "entropy") if name in decisions}
    if "gate" in decisions:
        results["gate"] = decisions["gate"][:, None]
    model = keras.Model({"memory": memory, "caption": caption}, results, name="decoder")
    return model, LSTMCaptionerLayers(RecurrentDecoderLayers(embedding, scale, cell, readout), initial_state)

"""Recurrent encoder-decoder with attention (Bahdanau et al. 2015; Lu et al. 2017)."""

import keras
from keras import ops

from ....layers import AdaptiveAttention, AttentionCell, AttentionRNN, HashDropout, SoftAttention
from ...decoding.decoder import RecurrentDecoderLayers
from ...networks.token_embedding import token_embedding
from ...text.codec import PAD
from ..config import ModelConfig


def build_rnn(
    config: ModelConfig, vocabulary_size: int
) -> tuple[keras.Model, keras.Model, RecurrentDecoderLayers]:
    """Build a bidirectional GRU encoder and a recurrent decoder with attention.

    Without the gate the decoder is a GRU that attends before each step (Bahdanau et al. 2015). With the gate
    it is an LSTM that attends after each step, with a visual sentinel made of its memory (Lu et al. 2017).

    Args:
        config: sizes, attention score and gate.
        vocabulary_size: number of tokens.

    Returns:
        The model `{"source": (batch, S), "target": (batch, T)}` of int32 ids -> `{"logits": (batch, T,
        vocabulary_size), "attention": (batch, T, S)}`, with the gate also `"gate"` `(batch, 1, T)`; the
        encoder `(batch, S)` ids -> `{"memory": (batch, S, hidden_dim), "state": (batch, hidden_dim)}`; and
        the layers of the decoder.

    Reference:
        Bahdanau et al. 2015, Neural Machine Translation by Jointly Learning to Align and Translate.
        Lu et al. 2017, Knowing When to Look: Adaptive Attention via a Visual Sentinel for Image Captioning.
    """
    # Layers
    hidden_dim = config.hidden_dim
    embedding, scale = token_embedding(vocabulary_size, hidden_dim)
    if config.gate:
        lstm = keras.layers.LSTMCell(hidden_dim)
        cell = AttentionCell(lstm, AdaptiveAttention(config.score), attend="after")
    else:
        cell = AttentionCell(keras.layers.GRUCell(hidden_dim), SoftAttention(config.score))

    # Functional model
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    mask = ops.not_equal(source, PAD)
    memory = HashDropout(config.dropout, name="source_dropout")(scale(embedding(source)))
    for index in range(config.num_encoder_layers):
        layer = keras.layers.GRU(hidden_dim // 2, return_sequences=True)
        memory = keras.layers.Bidirectional(layer, name=f"encoder_{index}")(memory, mask=mask)
        memory = HashDropout(config.dropout, name=f"encoder_dropout_{index}")(memory)
    memory = keras.layers.LayerNormalization(name="memory")(memory)
    state = keras.layers.Dense(hidden_dim, "tanh", name="bridge")(_masked_mean(memory, mask))
    inputs = HashDropout(config.dropout, name="target_dropout")(scale(embedding(target)))
    initial_state = [state, ops.zeros_like(state)] if config.gate else [state]
    states, _, attention, decisions = AttentionRNN(cell, name="decoder")(
        inputs, memory, initial_state=initial_state, memory_mask=mask
    )
    readout = keras.layers.Dense(hidden_dim, "tanh", name="readout")
    hidden = readout(ops.concatenate([states, inputs], -1))
    hidden = HashDropout(config.dropout, name="readout_dropout")(hidden)
    outputs = {"logits": embedding(hidden, reverse=True), "attention": attention}
    if "gate" in decisions:
        outputs["gate"] = decisions["gate"][:, None]
    model = keras.Model({"source": source, "target": target}, outputs, name="rnn")
    encoder = keras.Model(source, {"memory": memory, "state": state}, name="encoder")
    return model, encoder, RecurrentDecoderLayers(embedding, scale, cell, readout)


def _masked_mean(values: keras.KerasTensor, mask: keras.KerasTensor) -> keras.KerasTensor:
    """Average `(batch, S, dim)` over the positions of a mask `(batch, S)`; zeros for an empty row."""
    weights = ops.cast(mask, values.dtype)[..., None]
    length = ops.maximum(ops.sum(weights, axis=1), 1)  # a batch can have rows of padding alone
    return ops.sum(values * weights, axis=1) / length

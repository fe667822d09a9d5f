"""The recurrent translation model: a Keras model to train, and its decoder step by step."""

import keras
import tensorflow as tf
from keras import ops

from ...layers import (
    AdaptiveAttention,
    AttentionCell,
    AttentionRNN,
    HashDropout,
    SoftAttention,
)
from ..decoding import Focus, Step
from ..logits import tied_logits
from ..text import PAD
from .config import ModelConfig


def build_rnn(config: ModelConfig, vocabulary_size: int) -> keras.Model:
    """A bidirectional GRU encoder and a recurrent decoder with attention.

    Without the gate the decoder is that of Bahdanau et al. 2015: a GRU that looks before each step.
    With it, that of Lu et al. 2017: an LSTM that looks after each step, or relies on its memory.

    Args:
        config: the sizes.
        vocabulary_size: number of pieces.

    Returns:
        A model `{"source": (batch, S), "target": (batch, T)}` (int32 ids) -> logits `(batch, T, V)`.
    """
    # Layers
    width = config.width
    embedding = keras.layers.ReversibleEmbedding(
        vocabulary_size,
        width,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=width**-0.5),
        name="embedding",
    )
    scale = keras.layers.Rescaling(width**0.5, name="scale")
    if config.gate:
        cell = AttentionCell(keras.layers.LSTMCell(width), AdaptiveAttention(config.score), attend="after")
    else:
        cell = AttentionCell(keras.layers.GRUCell(width), SoftAttention(config.score))

    # Functional model
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    mask = ops.not_equal(source, PAD)
    memory = HashDropout(config.dropout, name="source_dropout")(scale(embedding(source)))
    for place in range(config.encoder_blocks):
        layer = keras.layers.GRU(width // 2, return_sequences=True)
        memory = keras.layers.Bidirectional(layer, name=f"encoder_{place}")(memory, mask=mask)
        memory = HashDropout(config.dropout, name=f"encoder_dropout_{place}")(memory)
    memory = keras.layers.LayerNormalization(name="memory")(memory)
    shown = ops.cast(mask, memory.dtype)[..., None]
    length = ops.maximum(ops.sum(shown, axis=1), 1)  # a batch may be filled up with empty rows
    summary = ops.sum(memory * shown, axis=1) / length
    states = keras.layers.Dense(width, "tanh", name="bridge")(summary)
    words = HashDropout(config.dropout, name="target_dropout")(scale(embedding(target)))
    first = [states, ops.zeros_like(states)] if config.gate else [states]
    outputs, _, _, _ = AttentionRNN(cell, name="decoder")(
        words, memory, initial_states=first, memory_mask=mask
    )
    readout = keras.layers.Dense(width, "tanh", name="readout")(ops.concatenate([outputs, words], -1))
    readout = HashDropout(config.dropout, name="readout_dropout")(readout)
    logits = embedding(readout, reverse=True)
    return keras.Model({"source": source, "target": target}, logits, name="rnn")


class RecurrentDecoder:
    """A trained recurrent model, one step at a time.

    Args:
        model: what `build_rnn` built.
    """

    def __init__(self, model: keras.Model):
        memory, first = (model.get_layer(name).output for name in ("memory", "bridge"))
        self.encoder = keras.Model(model.input["source"], [memory, first])
        self.embedding = model.get_layer("embedding")
        self.scale = model.get_layer("scale")
        self.cell = model.get_layer("decoder").cell
        self.readout = model.get_layer("readout")

    def start(
        self, source: tf.Tensor, beams: int, max_length: int | tf.Tensor, tell: tuple[str, ...] = ()
    ) -> tuple[Step, list, Focus]:
        """As in `Decoder`; the recurrent decoder has one block with one head."""
        del max_length  # the states of a recurrent network have no length
        memory, first = self.encoder(source)
        mask = tf.not_equal(source, PAD)
        cache = self.cell.memory_cache(memory)
        first = tf.repeat(first, beams, axis=0)
        states = [first, *self.cell.initial_states(tf.shape(first)[0])[1:]]
        to_logits = tied_logits(self.embedding, memory.dtype)

        def step(tokens, state, index):
            words = self.scale(self.embedding(tf.reshape(tokens, [-1])))
            output, state, scores, decisions = self.cell(words, state, memory_mask=mask, cache=cache)
            logits = to_logits(self.readout(tf.concat([output, words], axis=-1)))
            gate = decisions.get("gate", tf.zeros_like(scores[:, 0]))
            focus = _focus(scores, gate, tell, beams)
            return tf.reshape(logits, [-1, beams, logits.shape[-1]]), list(state), focus

        scores = tf.zeros([tf.shape(first)[0], tf.shape(source)[1]])
        return step, states, _focus(scores, scores[:, 0], tell, beams)


def _focus(scores: tf.Tensor, gate: tf.Tensor, tell: tuple[str, ...], beams: int) -> Focus:
    scores = tf.cast(tf.reshape(scores, [-1, beams, tf.shape(scores)[-1]]), tf.float32)
    gate = tf.cast(tf.reshape(gate, [-1, beams]), tf.float32)
    told = {
        "attention": scores,
        "gate": gate,
        "attention_heads": scores[:, :, None, None],
        "gate_heads": gate[:, :, None, None],
    }
    return {name: told[name] for name in tell}

"""A recurrent decoder with attention, one step at a time, over any memory."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from ..logits import tied_embedding_logits
from .decoder import Memory
from .search import Focus, Step


class RecurrentDecoder:
    """A trained recurrent model, one step at a time: a `Decoder` with one block of one head.

    Args:
        model: has the layers `embedding`, `scale`, `decoder` (an `AttentionRNN`) and `readout`, which
            takes the decoder's output and the word that was its input.
        read: encodes a source: what `start` is given -> `Memory`.
    """

    def __init__(self, model: keras.Model, read: Callable[[Any], Memory]):
        self.read = read
        self.embedding = model.get_layer("embedding")
        self.scale = model.get_layer("scale")
        self.cell = model.get_layer("decoder").cell
        self.readout = model.get_layer("readout")

    def start(
        self,
        source: Any,
        num_beams: int,
        max_length: int | tf.Tensor | None,
        focus_keys: tuple[str, ...] = (),
    ) -> tuple[Step, list, Focus]:
        """As in `Decoder`."""
        del max_length  # the states of a recurrent network have no length
        memory = self.read(source)
        batch_size, length = tf.unstack(tf.shape(memory.values)[:2])
        cache = self.cell.memory_cache(memory.values)
        first = [tf.repeat(state, num_beams, axis=0) for state in memory.states]
        states = [*first, *self.cell.get_initial_state(batch_size * num_beams)[len(first) :]]
        to_logits = tied_embedding_logits(self.embedding, memory.values.dtype)

        def step(tokens, state, index):
            words = self.scale(self.embedding(tf.reshape(tokens, [-1])))
            output, state, scores, decisions = self.cell(words, state, memory_mask=memory.mask, cache=cache)
            logits = to_logits(self.readout(tf.concat([output, words], axis=-1)))
            gate = decisions.get("gate", tf.zeros_like(scores[:, 0]))
            focus = _focus(scores, gate, focus_keys, num_beams)
            return tf.reshape(logits, [-1, num_beams, logits.shape[-1]]), list(state), focus

        scores = tf.zeros([batch_size * num_beams, length])
        return step, states, _focus(scores, scores[:, 0], focus_keys, num_beams)


def _focus(scores: tf.Tensor, gate: tf.Tensor, focus_keys: tuple[str, ...], num_beams: int) -> Focus:
    scores = tf.cast(tf.reshape(scores, [-1, num_beams, tf.shape(scores)[-1]]), tf.float32)
    gate = tf.cast(tf.reshape(gate, [-1, num_beams]), tf.float32)
    told = {
        "attention": scores,
        "gate": gate,
        "attention_heads": scores[:, :, None, None],
        "gate_heads": gate[:, :, None, None],
    }
    return {name: told[name] for name in focus_keys}

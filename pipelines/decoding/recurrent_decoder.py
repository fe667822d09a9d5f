"""Recurrent decoder with attention, one step at a time (Bahdanau et al. 2015; Lu et al. 2017)."""

from collections.abc import Callable

import tensorflow as tf

from .decoder import Memory, RecurrentDecoderLayers, tied_embedding_logits
from .search import Focus, Step


class RecurrentDecoder:
    """A trained recurrent decoder, one step at a time: a `Decoder` with one layer of one head.

    Args:
        layers: layers of the model, see `RecurrentDecoderLayers`.
        encode: function that encodes a source, the first argument of `initialize`, as a `Memory`.
    """

    def __init__(self, layers: RecurrentDecoderLayers, encode: Callable[[tf.Tensor], Memory]):
        self.layers = layers
        self.encode = encode

    def initialize(
        self,
        source: tf.Tensor,
        num_beams: int,
        max_length: int | tf.Tensor | None,
        focus_keys: tuple[str, ...] = (),
    ) -> tuple[Step, list, Focus]:
        """Encode `source`; return the step function, the initial states and zeros of the focus."""
        del max_length  # the states of a recurrent network have no length
        layers = self.layers
        memory = self.encode(source)
        batch_size, source_length = tf.unstack(tf.shape(memory.values)[:2])
        cache = layers.cell.memory_cache(memory.values)
        given = [tf.repeat(state, num_beams, axis=0) for state in memory.states]
        states = [*given, *layers.cell.get_initial_state(batch_size * num_beams)[len(given) :]]
        to_logits = tied_embedding_logits(layers.embedding, memory.values.dtype)

        def step(tokens: tf.Tensor, state: list, index: tf.Tensor) -> tuple[tf.Tensor, list, Focus]:
            words = layers.scale(layers.embedding(tf.reshape(tokens, [-1])))
            output, state, scores, decisions = layers.cell(words, state, memory_mask=memory.mask, cache=cache)
            logits = to_logits(layers.readout(tf.concat([output, words], axis=-1)))
            gate = decisions.get("gate", tf.zeros_like(scores[:, 0]))
            focus = _focus(scores, gate, focus_keys, num_beams)
            return tf.reshape(logits, [-1, num_beams, logits.shape[-1]]), list(state), focus

        no_scores = tf.zeros([batch_size * num_beams, source_length])
        return step, states, _focus(no_scores, no_scores[:, 0], focus_keys, num_beams)


def _focus(scores: tf.Tensor, gate: tf.Tensor, focus_keys: tuple[str, ...], num_beams: int) -> Focus:
    """Select the focus from weights `(batch * num_beams, S)` and gates `(batch * num_beams,)`."""
    scores = tf.cast(tf.reshape(scores, [-1, num_beams, tf.shape(scores)[-1]]), tf.float32)
    gate = tf.cast(tf.reshape(gate, [-1, num_beams]), tf.float32)
    outputs = {
        "attention": scores,
        "gate": gate,
        "attention_heads": scores[:, :, None, None],
        "gate_heads": gate[:, :, None, None],
    }
    return {key: outputs[key] for key in focus_keys}

"""Recurrent decoder with attention, one step at a time (Bahdanau et al. 2015; Lu et al. 2017)."""

from collections.abc import Callable

import tensorflow as tf

from .decoder import Memory, RecurrentDecoderLayers, tied_embedding_logits
from .shortlist import Shortlist
from .steps import Decoding, DecodingState, Focus


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
        num_beams: int = 1,
        focus_keys: tuple[str, ...] = (),
        shortlist: Shortlist | None = None,
    ) -> Decoding:
        """Encode `source`, the start of a search. Args: see `Decoder`."""
        layers = self.layers
        memory = self.encode(source)
        batch_size, source_length = tf.unstack(tf.shape(memory.values)[:2])
        cache = layers.cell.memory_cache(memory.values)
        given = [tf.repeat(state, num_beams, axis=0) for state in memory.states]
        states = [*given, *layers.cell.get_initial_state(batch_size * num_beams)[len(given) :]]
        to_logits = tied_embedding_logits(layers.embedding, memory.values.dtype, shortlist)

        def split_beams(x: tf.Tensor) -> tf.Tensor:  # (batch * num_beams, ...) -> (batch, num_beams, ...)
            sizes = (size or tf.shape(x)[axis] for axis, size in enumerate(x.shape))
            return tf.reshape(x, [-1, num_beams, *list(sizes)[1:]])

        @tf.function  # one graph for all loops of a search
        def step(tokens: tf.Tensor, state: DecodingState, index: tf.Tensor) -> tuple:
            del index
            ids = tokens if shortlist is None else shortlist.ids(tokens)
            words = layers.scale(layers.embedding(tf.reshape(ids, [-1])))
            states = [tf.reshape(x, [-1, x.shape[-1]]) for x in state.beams]
            output, states, scores, decisions = layers.cell(
                words, states, memory_mask=memory.mask, cache=cache
            )
            hidden = layers.readout(tf.concat([output, words], axis=-1))
            gate = decisions.get("gate", tf.zeros_like(scores[:, 0]))
            focus = _focus(split_beams(scores), split_beams(gate), focus_keys)
            beams = [split_beams(x) for x in states]
            return to_logits(split_beams(hidden)), DecodingState(beams), focus

        no_scores = tf.zeros([batch_size, num_beams, source_length])
        no_focus = _focus(no_scores, no_scores[..., 0], focus_keys)
        state = DecodingState([split_beams(x) for x in states])
        return Decoding(step, state, no_focus, batch_size, num_beams)


def _focus(scores: tf.Tensor, gate: tf.Tensor, focus_keys: tuple[str, ...]) -> Focus:
    """Select the focus from weights `(batch, num_beams, S)` and gates `(batch, num_beams)`."""
    scores, gate = tf.cast(scores, tf.float32), tf.cast(gate, tf.float32)
    outputs = {
        "attention": scores,
        "gate": gate,
        "attention_heads": scores[:, :, None, None],
        "gate_heads": gate[:, :, None, None],
    }
    return {key: outputs[key] for key in focus_keys}

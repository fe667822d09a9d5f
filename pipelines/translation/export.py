"""The translator as it is served: text in, text and focus out, in one graph."""

import math
from collections.abc import Callable

import keras
import tensorflow as tf

from ..decoding.decoder import Decoder
from ..decoding.search import Decoded, beam_search, generate
from ..saved_model.export import batch_signature
from ..text.codec import END, PAD, TextCodec
from .config import TranslationConfig
from .model import decoder

FOCUS_KEYS = ("attention", "gate", "attention_heads", "gate_heads")
TEXT = tf.TensorSpec([None], tf.string, name="text")


class Translator(tf.Module):
    """Translates raw text; what training validates with is what is exported.

    Signatures, all over a batch of strings:

    - `serving_default`: `text` -> `text`, `score` (beam search);
    - `explain`: the same, and `source_tokens` (batch, S), `source_offsets` (batch, S, 2) in bytes of
      the input, `target_tokens` and `target_offsets` likewise in the translation, `attention`
      (batch, T, S), `gate` (batch, T), and both for every block and head: `attention_heads`
      (batch, T, blocks, heads, S), `gate_heads` (batch, T, blocks, heads);
    - `fast`: `text` -> `text`, `score`, greedy and compiled: the first call of each size takes seconds.

    Of a text with more pieces than `max_sequence_length` the first ones are translated: `source_tokens` tells which.
    A blank text is translated as an empty one, with score 0.

    Args:
        codec: text to ids and back.
        model: a trained Keras model of this pipeline.
        config: that it was trained with.
    """

    def __init__(self, codec: TextCodec, model: keras.Model, config: TranslationConfig):
        super().__init__()
        self.codec = codec
        self.weights = [variable.value for variable in model.weights]  # tracked once, without Keras
        self.config = config
        self.decoder: Decoder = decoder(model, config.model)
        self._greedy = tf.function(self._generate, jit_compile=config.training.jit_compile)

    @batch_signature(TEXT)
    def serve(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._written(self._search(*self._read(text)))

    @batch_signature(TEXT)
    def explain(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        source, max_lengths = self._read(text)
        found = self._search(source, max_lengths, FOCUS_KEYS)
        told = {name: focus[:, 0] for name, focus in found.focus.items()}
        for side, ids in ("source", source), ("target", found.tokens[:, 0]):
            told[f"{side}_tokens"] = self.codec.pieces(ids)
            told[f"{side}_offsets"] = tf.stack(self.codec.spans(ids), axis=-1)
        return self._written(found) | told

    @batch_signature(TEXT)
    def fast(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        source, max_lengths = self._read(text)
        batch_size, length = tf.unstack(tf.shape(source))
        rows = _power_of_two(batch_size, least=1) - batch_size
        columns = _power_of_two(length, least=8) - length
        tokens, scores = self._greedy(
            tf.pad(source, [[0, rows], [0, columns]]), tf.pad(max_lengths, [[0, rows]])
        )
        return self._written(Decoded(tokens[:batch_size], scores[:batch_size], {}))

    def signatures(self) -> dict[str, Callable]:
        """What the SavedModel offers, by name."""
        return {"serving_default": self.serve, "explain": self.explain, "fast": self.fast}

    def _read(self, text: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Ids `(batch, S)` that end with END, and how long the translation of each may be."""
        room = self.config.data.max_sequence_length - 1
        # No piece that is kept depends on a byte after these, and a long text costs no more.
        text = tf.strings.substr(text, 0, (room + 2) * self.codec.longest)
        ids = self.codec.encode(text)[:, :room]
        source = tf.concat([ids, tf.fill([tf.shape(text)[0], 1], END)], axis=1)
        max_lengths = max_translation_length(tf.cast(source.row_lengths(), tf.int32))
        max_lengths = tf.where(tf.strings.regex_full_match(text, r"\s*"), 0, max_lengths)
        source = source.to_tensor(PAD)
        if_none = tf.maximum(1 - tf.shape(source)[1], 0)  # a batch of no text still has a first column
        return tf.pad(source, [[0, 0], [0, if_none]]), max_lengths

    def _search(self, source: tf.Tensor, max_lengths: tf.Tensor, focus_keys: tuple[str, ...] = ()) -> Decoded:
        decoding, max_length = self.config.decoding, tf.maximum(tf.reduce_max(max_lengths), 1)
        if decoding.coverage_penalty and "attention" not in focus_keys:
            focus_keys = (*focus_keys, "attention")
        step, state, focus = self.decoder.start(source, decoding.num_beams, None, focus_keys)
        return beam_search(
            step,
            state,
            focus,
            tf.shape(source)[0],
            max_length,
            max_lengths,
            num_beams=decoding.num_beams,
            length_penalty=decoding.length_penalty,
            coverage_penalty=decoding.coverage_penalty,
            source_mask=tf.not_equal(source, PAD),
        )

    def _generate(self, source: tf.Tensor, max_lengths: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        batch_size, length = tf.unstack(tf.shape(source))
        max_length = max_translation_length(length)
        step, state, focus = self.decoder.start(source, 1, max_length)
        found = generate(step, state, focus, batch_size, max_length, max_lengths)
        return found.tokens, found.scores

    def _written(self, found: Decoded) -> dict[str, tf.Tensor]:
        return {"text": self.codec.decode(found.tokens[:, 0]), "score": found.scores[:, 0]}


def max_translation_length(source_length: tf.Tensor) -> tf.Tensor:
    """The number of pieces after which a translation is cut, given those of its source."""
    return 2 * source_length + 10


def _power_of_two(size: tf.Tensor, least: int) -> tf.Tensor:
    """The power of two that holds `size`: so many shapes, and no more, are ever compiled."""
    exponent = tf.math.ceil(tf.math.log(tf.cast(tf.maximum(size, least), tf.float64)) / math.log(2))
    return tf.cast(tf.round(2.0**exponent), tf.int32)

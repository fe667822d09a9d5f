"""The classifier as it is served: text in, label and focus out, in one graph."""

from collections.abc import Callable
from functools import partial

import keras
import tensorflow as tf

from ..saved_model.export import batch_signature
from ..text.codec import PAD, TextCodec
from .config import SentimentConfig
from .model import watch
from .networks.sentences import sentence_ends, sentence_mask
from .reading import read

TEXT = tf.TensorSpec([None], tf.string, name="text")
Outputs = dict[str, tf.Tensor]


class Classifier(tf.Module):
    """Classifies raw text; what training validates with is what is exported.

    Signatures, all over a batch of strings:

    - `serving_default`: `text` -> `label` (string), `probabilities` (batch, classes), `classes` (the
      same, their names), `score` (of the label), `bytes_read`;
    - `explain`: the same, and `source_tokens` (batch, T), `source_offsets` (batch, T, 2) in bytes of
      the input, `attention` (batch, T), `gate` (batch,), both also of each head: `attention_heads`
      (batch, heads, T), `gate_heads` (batch, heads); of a hierarchical model also
      `sentence_offsets` (batch, sentences, 2), `sentence_attention` and `sentence_gate`
      (batch, sentences).

    A text is read up to `max_sequence_length` pieces: `bytes_read` says how far. A blank text has no label
    (an empty string), the same probability for each class, and no attention.

    Args:
        codec: text to ids.
        model: a trained Keras model of this pipeline.
        config: that it was trained with.
        classes: their names.
        temperature: that the logits are divided by.
    """

    def __init__(
        self,
        codec: TextCodec,
        model: keras.Model,
        config: SentimentConfig,
        classes: list[str],
        temperature: float = 1.0,
    ):
        super().__init__()
        self.codec = codec
        self.weights = [variable.value for variable in model.weights]  # tracked once, without Keras
        self.config = config
        self.ends = sentence_ends(codec.vocabulary)
        self.classes = tf.constant(classes)
        self.temperature = temperature
        self._look = partial(watch(model), training=False)

    @batch_signature(TEXT)
    def serve(self, text: tf.Tensor) -> Outputs:
        ids = self._read(text)
        return self._answer(text, ids, self._look(ids)["logits"])

    @batch_signature(TEXT)
    def explain(self, text: tf.Tensor) -> Outputs:
        ids = self._read(text)
        told = self._look(ids)
        answer = self._answer(text, ids, told.pop("logits"))
        offsets = tf.stack(self.codec.spans(ids), axis=-1)
        answer |= {"source_tokens": self.codec.pieces(ids), "source_offsets": offsets}
        if "sentence_attention" in told:
            members = sentence_mask(ids, self.ends, self.config.model.sentences)
            answer["sentence_offsets"] = _reach(members, offsets)
        is_not_blank = ~_blank(text)
        return answer | {
            name: _where(is_not_blank, tf.cast(seen, tf.float32), 0.0) for name, seen in told.items()
        }

    def signatures(self) -> dict[str, Callable]:
        """What the SavedModel offers, by name."""
        return {"serving_default": self.serve, "explain": self.explain}

    def _read(self, text: tf.Tensor) -> tf.Tensor:
        """Ids `(batch, T)`; a batch of no text still has a first column."""
        ids = read(self.codec, text, self.config.data).to_tensor(PAD)
        return tf.pad(ids, [[0, 0], [0, tf.maximum(1 - tf.shape(ids)[1], 0)]])

    def _answer(self, text: tf.Tensor, ids: tf.Tensor, logits: tf.Tensor) -> Outputs:
        is_not_blank, count = ~_blank(text), len(self.classes)
        probabilities = tf.nn.softmax(tf.cast(logits, tf.float32) / self.temperature)
        probabilities = _where(is_not_blank, probabilities, 1 / count)
        _, ends = self.codec.spans(ids)
        return {
            "label": tf.where(is_not_blank, tf.gather(self.classes, tf.argmax(probabilities, axis=-1)), ""),
            "probabilities": probabilities,
            "classes": tf.broadcast_to(self.classes, tf.shape(probabilities)),
            "score": tf.reduce_max(probabilities, axis=-1),
            "bytes_read": tf.reduce_max(ends, axis=-1),
        }


def _blank(text: tf.Tensor) -> tf.Tensor:
    return tf.strings.regex_full_match(text, r"\s*")


def _where(is_not_blank: tf.Tensor, values: tf.Tensor, otherwise: float) -> tf.Tensor:
    """The values of the examples that are shown, `(batch, ...)`."""
    return tf.where(tf.reshape(is_not_blank, [-1] + [1] * (len(values.shape) - 1)), values, otherwise)


def _reach(members: tf.Tensor, offsets: tf.Tensor) -> tf.Tensor:
    """From which to which byte each sentence goes, `(batch, sentences, 2)`; zeros for one without pieces."""
    starts, ends = tf.unstack(offsets[:, None], axis=-1)  # (batch, 1, T)
    start = tf.reduce_min(tf.where(members, starts, tf.int32.max), axis=-1)
    end = tf.reduce_max(tf.where(members, ends, 0), axis=-1)
    return tf.stack([tf.minimum(start, end), end], axis=-1)

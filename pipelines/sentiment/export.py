"""The classifier as it is served: text in, label and focus out, in one graph."""

from collections.abc import Callable
from functools import partial

import keras
import tensorflow as tf

from ..text import PAD, TextCodec
from .config import DataConfig
from .model import watch
from .reading import read

TEXT = tf.TensorSpec([None], tf.string, name="text")
Told = dict[str, tf.Tensor]


class Classifier(tf.Module):
    """Classifies raw text; what training validates with is what is exported.

    Signatures, all over a batch of strings:

    - `serving_default`: `text` -> `label` (string), `probabilities` (batch, classes), `classes` (the
      same, their names), `score` (of the label), `bytes_read`;
    - `explain`: the same, and `source_tokens` (batch, T), `source_offsets` (batch, T, 2) in bytes of
      the input, `attention` (batch, T), `gate` (batch,); of a hierarchical model also
      `sentence_offsets` (batch, sentences, 2), `sentence_attention` and `sentence_gate`
      (batch, sentences).

    A text is read up to `max_pieces` pieces: `bytes_read` says how far. A blank text has no label
    (an empty string), the same probability for each class, and no attention.

    Args:
        codec: text to ids.
        model: a trained Keras model of this pipeline.
        config: how its texts are read.
        classes: their names.
        temperature: that the logits are divided by.
    """

    def __init__(
        self,
        codec: TextCodec,
        model: keras.Model,
        config: DataConfig,
        classes: list[str],
        temperature: float = 1.0,
    ):
        super().__init__()
        self.codec = codec
        self.weights = [variable.value for variable in model.weights]  # tracked once, without Keras
        self.config = config
        self.classes = tf.constant(classes)
        self.temperature = temperature
        self._look = partial(watch(model), training=False)

    @tf.function(input_signature=[TEXT])
    def serve(self, text: tf.Tensor) -> Told:
        ids = self._read(text)
        return self._answer(text, ids, self._look(ids)["logits"])

    @tf.function(input_signature=[TEXT])
    def explain(self, text: tf.Tensor) -> Told:
        ids = self._read(text)
        told = self._look(ids)
        answer = self._answer(text, ids, told.pop("logits"))
        offsets = self._offsets(ids)
        if "members" in told:
            told["sentence_offsets"] = _reach(told.pop("members"), offsets)
        seen = {name: _where(~_blank(text), tf.cast(value, tf.float32)) for name, value in told.items()
                if name != "sentence_offsets"}  # fmt: skip
        tokens = {"source_tokens": self.codec.pieces(ids), "source_offsets": offsets}
        return told | seen | tokens | answer

    def signatures(self) -> dict[str, Callable]:
        """What the SavedModel offers, by name."""
        return {"serving_default": self.serve, "explain": self.explain}

"""SavedModel signatures of the classifier: text in, label and attention out, in one graph."""

from collections.abc import Callable, Sequence
from functools import partial

import keras
import tensorflow as tf

from ..saved_model.export import batch_signature
from ..text.codec import PAD, TextCodec
from ..text.normalization import is_blank, keep_with_alignment, normalize_with_alignment
from .config import SentimentConfig
from .data import tokenize
from .model import with_attention_outputs
from .networks.sentences import sentence_ends, sentence_mask

TEXT = tf.TensorSpec([None], tf.string, name="text")
Outputs = dict[str, tf.Tensor]


class Classifier(tf.Module):
    """Classifier of raw text; training validates with the same graph that is exported.

    Signatures, all over a batch of strings:

    - `serving_default`: `text` -> `label` (string), `probabilities` (batch, classes), `classes` (batch,
      classes; their names), `score` (of the label), `bytes_read`;
    - `explain`: the same, and `source_tokens` (batch, T), `source_offsets` (batch, T, 2) in bytes of
      the input, `attention` (batch, T), `gate` (batch,), both also of each head: `attention_heads`
      (batch, heads, T), `gate_heads` (batch, heads); of a hierarchical model also
      `sentence_offsets` (batch, sentences, 2), `sentence_attention` and `sentence_gate`
      (batch, sentences).

    A text is truncated to `max_sequence_length` tokens: `bytes_read` is the number of bytes before the
    truncation, all bytes of a text that is not truncated. A blank text has no label (an empty string),
    uniform probabilities, and no attention.

    Args:
        codec: tokenizer.
        model: a trained Keras model of this pipeline; its variables are tracked.
        classes: names of the classes.
        max_sequence_length: maximum tokens of a text.
        lowercase: whether to convert A to Z to a to z.
        max_sentences: of a hierarchical model.
        temperature: divisor of the logits.
        normalize: whether to normalize the texts, see `foveal.pipelines.text.normalization.normalize`.

    Example:
        >>> from foveal.pipelines.sentiment.config import ModelConfig
        >>> from foveal.pipelines.sentiment.model import build
        >>> from foveal.pipelines.text.codec import BYTE_TOKENS, SPECIAL_TOKENS
        >>> codec = TextCodec([*SPECIAL_TOKENS, *BYTE_TOKENS, " dog"])
        >>> model = build(ModelConfig(hidden_dim=8, num_heads=2), len(codec.vocabulary), num_classes=2)
        >>> classifier = Classifier(codec, model, ["bad", "good"], max_sequence_length=512)
        >>> classifier.serve(tf.constant(["a dog"]))["probabilities"].shape
        TensorShape([1, 2])
    """

    def __init__(
        self,
        codec: TextCodec,
        model: keras.Model,
        classes: Sequence[str],
        max_sequence_length: int,
        lowercase: bool = True,
        max_sentences: int = 0,
        temperature: float = 1.0,
        normalize: bool = True,
    ):
        super().__init__()
        self.codec = codec
        self.weights = [variable.value for variable in model.weights]  # tracked once, without Keras
        self.classes = tf.constant(classes)
        self.max_sequence_length = max_sequence_length
        self.lowercase = lowercase
        self.sentence_end_ids = sentence_ends(codec.vocabulary)
        self.max_sentences = max_sentences
        self.temperature = temperature
        self._normalize = normalize_with_alignment if normalize else keep_with_alignment
        self._predict = partial(with_attention_outputs(model), training=False)

    @batch_signature(TEXT)
    def serve(self, text: tf.Tensor) -> Outputs:
        ids, _, bytes_read = self._tokenize(text)
        return self._decode_outputs(text, self._predict(ids)["logits"]) | {"bytes_read": bytes_read}

    @batch_signature(TEXT)
    def explain(self, text: tf.Tensor) -> Outputs:
        ids, offsets, bytes_read = self._tokenize(text)
        attention = self._predict(ids)
        outputs = self._decode_outputs(text, attention.pop("logits")) | {"bytes_read": bytes_read}
        outputs |= {"source_tokens": self.codec.ids_to_tokens(ids), "source_offsets": offsets}
        if "sentence_attention" in attention:
            mask = sentence_mask(ids, self.sentence_end_ids, self.max_sentences)
            outputs["sentence_offsets"] = _sentence_offsets(mask, offsets)
        is_not_blank = ~is_blank(text)
        return outputs | {
            name: _where(is_not_blank, tf.cast(values, tf.float32), 0.0) for name, values in attention.items()
        }

    def signatures(self) -> dict[str, Callable]:
        """Return the signatures of the SavedModel by name."""
        return {"serving_default": self.serve, "explain": self.explain}

    def _tokenize(self, text: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Tokenize the normal form of texts.

        Returns:
            Ids `(batch, T)`, byte offsets `(batch, T, 2)` in the texts as given, and the number of bytes that
            were read, `(batch,)`.
        """
        normal, alignment = self._normalize(text)
        ids = tokenize(self.codec, normal, self.max_sequence_length, self.lowercase).to_tensor(PAD)
        starts, ends = self.codec.byte_offsets(ids)
        bytes_read = alignment.bytes_read(tf.reduce_max(ends, axis=-1))
        starts, ends = alignment.to_given(tf.range(tf.size(text))[:, tf.newaxis], starts, ends)
        return ids, tf.stack([starts, ends], axis=-1), bytes_read

    def _decode_outputs(self, text: tf.Tensor, logits: tf.Tensor) -> Outputs:
        is_not_blank = ~is_blank(text)
        probabilities = tf.nn.softmax(tf.cast(logits, tf.float32) / self.temperature)
        probabilities = _where(is_not_blank, probabilities, 1 / len(self.classes))
        label = tf.gather(self.classes, tf.argmax(probabilities, axis=-1))
        return {
            "label": tf.where(is_not_blank, label, ""),
            "probabilities": probabilities,
            "classes": tf.broadcast_to(self.classes, tf.shape(probabilities)),
            "score": tf.reduce_max(probabilities, axis=-1),
        }


def build_classifier(
    config: SentimentConfig,
    codec: TextCodec,
    model: keras.Model,
    classes: Sequence[str],
    temperature: float = 1.0,
) -> Classifier:
    """Build the classifier of a model and its configuration.

    Args:
        config: of data and model.
        codec: tokenizer.
        model: from `build`.
        classes: names of the classes.
        temperature: divisor of the logits.
    """
    data = config.data
    return Classifier(
        codec,
        model,
        classes,
        data.max_sequence_length,
        data.lowercase,
        config.model.max_sentences,
        temperature,
        data.normalize,
    )


def _where(condition: tf.Tensor, values: tf.Tensor, otherwise: float) -> tf.Tensor:
    """Select values `(batch, ...)` by a condition `(batch,)`."""
    return tf.where(tf.reshape(condition, [-1] + [1] * (len(values.shape) - 1)), values, otherwise)


def _sentence_offsets(mask: tf.Tensor, offsets: tf.Tensor) -> tf.Tensor:
    """Return the byte span of each sentence, `(batch, sentences, 2)`; zeros for a sentence without tokens."""
    starts, ends = tf.unstack(offsets[:, None], axis=-1)  # (batch, 1, T)
    start = tf.reduce_min(tf.where(mask, starts, tf.int32.max), axis=-1)
    end = tf.reduce_max(tf.where(mask, ends, 0), axis=-1)
    return tf.stack([tf.minimum(start, end), end], axis=-1)

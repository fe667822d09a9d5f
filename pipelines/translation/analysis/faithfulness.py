"""Faithfulness of the translator's attention, by erasing source words (DeYoung et al. 2020)."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ....focus.evaluation import BaselineComparison
from ....focus.records import TextAxis, span_membership, word_axis
from ...evaluation.faithfulness import compare_faithfulness, next_token_probabilities, pad_ids
from ...saved_model.batched_calls import Signature, map_signature
from ...saved_model.loading import latest_version, load_saved_model
from ...text.codec import END, START, TextCodec
from ...text.word_units import first_token_of_words, remove_words

BATCH_SIZE = 256


@dataclass(frozen=True)
class NextTokenExample:
    """The prediction of one token.

    source: words of the source.
    prefix: ids before the token.
    sentence: index of the sentence.
    """

    source: TextAxis
    prefix: npt.NDArray[np.int32]
    sentence: int

    def __len__(self) -> int:
        return len(self.source)


def evaluate_faithfulness(folder: Path, texts: list[str]) -> dict[str, BaselineComparison]:
    """Measure the faithfulness of the attention of an exported model, compared with baseline maps.

    Every target word is an example, represented by its first token: the probability of that token is
    measured while source words are erased and the preceding tokens stay. See `compare_faithfulness`.

    Args:
        folder: an exported model, or the folder of its versions; its `model.keras` is used.
        texts: source texts. Every target word costs about two hundred short forward passes.

    Returns:
        For each measure its value, and those of the baselines.

    Raises:
        FileNotFoundError: if the folder has no model.
    """
    version = latest_version(folder)
    codec = TextCodec.load(str(version / "assets" / "vocabulary.txt"))
    examples, maps = collect_predictions(load_saved_model(folder).signatures["explain"], codec, texts)
    predict = make_predict(keras.saving.load_model(version / "model.keras"), codec)
    sentences = [example.sentence for example in examples]
    return compare_faithfulness(predict, examples, maps, erase, sentences)


def collect_predictions(
    signature: Signature, codec: TextCodec, texts: list[str]
) -> tuple[list[NextTokenExample], list[npt.NDArray[np.floating]]]:
    """Translate texts; collect the first token of each target word and its attention to source words.

    Args:
        signature: the `explain` signature of a translator.
        codec: its tokenizer.
        texts: source texts.

    Returns:
        The examples and for each a map `(source words,)`.
    """
    examples, maps = [], []
    all_outputs = map_signature(signature, texts, lambda outputs, _: outputs)
    for sentence, (text, outputs) in enumerate(zip(texts, all_outputs, strict=True)):
        translation = outputs["text"].decode()
        source, target = word_axis(text), word_axis(translation)
        (ids,) = codec.encode_rows([translation], prefix=[START])
        to_words = span_membership(outputs["source_offsets"], source.offsets)
        for index in first_token_of_words(outputs["target_offsets"], target):
            examples.append(NextTokenExample(source, ids[: index + 1], sentence))
            maps.append(outputs["attention"][index] @ to_words)
    return examples, maps


def make_predict(
    model: keras.Model, codec: TextCodec
) -> Callable[[list[tuple[str, npt.NDArray[np.int32]]]], npt.NDArray[np.float32]]:
    """Build the function from source texts and prefixes to the probabilities of the next token.

    Args:
        model: a trained Keras model of this pipeline.
        codec: its tokenizer.

    Returns:
        A function of pairs (source text, prefix ids). It returns `(pairs, vocabulary)`.
    """

    @tf.function(reduce_retracing=True)
    def predict_batch(source: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        return next_token_probabilities(model({"source": source, "target": target})["logits"], target)

    def predict(pairs: list[tuple[str, npt.NDArray[np.int32]]]) -> npt.NDArray[np.float32]:
        sources = codec.encode_rows([text for text, _ in pairs], suffix=[END])
        targets = [prefix for _, prefix in pairs]
        batches = [slice(start, start + BATCH_SIZE) for start in range(0, len(pairs), BATCH_SIZE)]
        probabilities = [predict_batch(pad_ids(sources[rows]), pad_ids(targets[rows])) for rows in batches]
        return tf.concat(probabilities, axis=0).numpy()

    return predict


def erase(example: NextTokenExample, erased: npt.NDArray[np.bool_]) -> tuple[str, npt.NDArray[np.int32]]:
    """Remove source words from an example; the prefix stays."""
    return remove_words(example.source, erased), example.prefix

"""Does a word of the translation rest on the source words that were looked at?"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ....focus import BaselineComparison, TextAxis, compare_with_baselines
from ....focus.records.alignment import span_membership
from ...evaluation.faithfulness import faithfulness_measures, next_token_probabilities, pad_ids
from ...saved_model.batched_calls import Signature, answers
from ...saved_model.export import latest_version, load
from ...text.codec import END, START, TextCodec
from ...text.whitespace_words import first_token_of_words, remove_words, split_on_whitespace

BATCH = 256


@dataclass(frozen=True)
class NextTokenExample:
    """A piece that a translator wrote: the words of the source, and the ids that stood before it."""

    source: TextAxis
    written: np.ndarray

    def __len__(self) -> int:
        return len(self.source)


def doubt(folder: Path, texts: list[str]) -> dict[str, BaselineComparison]:
    """Measures of faithfulness of every word that an exported model writes, beside controls.

    A word is its first piece: the probability of that piece is watched while source words are erased, the
    translation before it held as it was. The measures are those of `faithfulness_measures`.

    Args:
        folder: of the exported model: its `model.keras` is asked.
        texts: to translate. Every word of the translation asks for some two hundred short forward passes.
    """
    version = latest_version(folder)
    codec = TextCodec.load(str(version / "assets" / "vocabulary.txt"))
    choices, maps = looked(load(folder).signatures["explain"], codec, texts)
    predict = make_predict(keras.saving.load_model(version / "model.keras"), codec)
    found = faithfulness_measures(predict, choices, erase)
    return {name: compare_with_baselines(of, maps) for name, of in found.items()}


def looked(
    signature: Signature, codec: TextCodec, texts: list[str]
) -> tuple[list[NextTokenExample], list[np.ndarray]]:
    """The first piece of every word that is written, and how much it looked at each source word, `(words,)`.

    Args:
        signature: the `explain` signature.
        codec: of the model.
        texts: to translate.
    """
    choices, maps = [], []
    for text, told in zip(texts, answers(signature, texts, lambda told, _: told), strict=True):
        source, target = split_on_whitespace(text), split_on_whitespace(told["text"].decode())
        (ids,) = codec.rows([told["text"].decode()], first=[START])
        of_source = span_membership(told["source_offsets"], source.offsets)
        for piece in first_token_of_words(told["target_offsets"], target):
            choices.append(NextTokenExample(source, ids[: piece + 1]))
            maps.append(told["attention"][piece] @ of_source)
    return choices, maps


def make_predict(
    model: keras.Model, codec: TextCodec
) -> Callable[[list[tuple[str, np.ndarray]]], np.ndarray]:
    """From source texts and the ids written so far to the probabilities of the next id."""

    @tf.function(reduce_retracing=True)
    def next_piece(source: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
        return next_token_probabilities(model({"source": source, "target": target})["logits"], target)

    def predict(left: list[tuple[str, np.ndarray]]) -> np.ndarray:
        sources = codec.rows([text for text, _ in left], last=[END])
        targets = [written for _, written in left]
        found = []
        for start in range(0, len(left), BATCH):
            batch = (side[start : start + BATCH] for side in (sources, targets))
            found.append(next_piece(*map(pad_ids, batch)))
        return tf.concat(found, axis=0).numpy()

    return predict


def erase(choice: NextTokenExample, erased: np.ndarray) -> tuple[str, np.ndarray]:
    """The source without some words, and what was written before."""
    return remove_words(choice.source, erased), choice.written

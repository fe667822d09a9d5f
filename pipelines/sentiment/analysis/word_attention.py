"""What a classifier answers and where it looked, word by word: what doubt and stress ask of it."""

from collections.abc import Callable

import numpy as np

from ....datasets import LabelledText
from ....focus import word_offsets, words_from_pieces
from ....focus.records.alignment import Spans
from ...saved_model.batched_calls import Signature, SignatureOutputs, answers

WHOLE = [(0, 1)]


def word_attention_maps(signature: Signature, texts: list[str]) -> list[np.ndarray]:
    """How much each word of each text was looked at, `(words,)`.

    Args:
        signature: the `explain` signature.
        texts: any.
    """
    return answers(signature, texts, lambda told, place: of_words(told, word_offsets(texts[place])))


def of_words(told: SignatureOutputs, words: Spans) -> np.ndarray:
    """How much each word of a text was looked at.

    Args:
        told: what the `explain` signature answered.
        words: from which to which byte each goes.
    """
    return words_from_pieces(told["attention"][None], told["source_offsets"], WHOLE, words, WHOLE)[0]


def make_predict(signature: Signature) -> Callable[[list[str]], np.ndarray]:
    """From texts to the probabilities of their classes `(texts, classes)`, in the order of the model."""

    def predict(texts: list[str]) -> np.ndarray:
        return np.stack(answers(signature, texts, lambda told, _: told["probabilities"]))

    return predict


def quality_and_attention(signature: Signature, test: LabelledText) -> Callable:
    """From the texts of a test set, changed or not, to whether each answer is right, and its map: what
    `stress` asks.

    Args:
        signature: the `explain` signature.
        test: texts with their labels.
    """

    def look(texts: list[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        def read(told: SignatureOutputs, place: int) -> tuple[bool, np.ndarray]:
            right = told["label"].decode() == test.classes[test.label[place]]
            return right, of_words(told, word_offsets(texts[place]))

        found = answers(signature, texts, read)
        return np.array([right for right, _ in found], float), [one for _, one in found]

    return look

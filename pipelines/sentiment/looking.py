"""What a classifier answers and where it looked, word by word: what doubt and stress ask of it."""

from collections.abc import Callable, Mapping

import numpy as np

from ...datasets import LabelledText
from ...focus import word_offsets, words_from_pieces
from ...focus.alignment import Spans
from ..serving import Signature, answers

WHOLE = [(0, 1)]


def maps_of(signature: Signature, texts: list[str]) -> list[np.ndarray]:
    """How much each word of each text was looked at, `(words,)`.

    Args:
        signature: the `explain` signature.
        texts: any.
    """
    maps: list[np.ndarray] = [np.zeros(0)] * len(texts)
    for places, told in answers(signature, texts):
        for row, place in enumerate(places):
            maps[place] = of_words(told, row, word_offsets(texts[place]))
    return maps


def of_words(told: Mapping[str, np.ndarray], row: int, words: Spans) -> np.ndarray:
    """How much each word of one text was looked at, as the `explain` signature told it.

    Args:
        told: the answer.
        row: of the text.
        words: from which to which byte each goes.
    """
    attention, offsets = told["attention"][row][None], told["source_offsets"][row]
    return words_from_pieces(attention, offsets, WHOLE, words, WHOLE)[0]


def predictor(signature: Signature) -> Callable[[list[str]], np.ndarray]:
    """From texts to the probabilities of their classes `(texts, classes)`, in the order of the model."""

    def predict(texts: list[str]) -> np.ndarray:
        rows: list[np.ndarray] = [np.zeros(0)] * len(texts)
        for places, told in answers(signature, texts):
            for place, row in zip(places, told["probabilities"], strict=True):
                rows[place] = row
        return np.stack(rows)

    return predict


def looker(signature: Signature, test: LabelledText) -> Callable:
    """From the texts of a test set, changed or not, to whether each answer is right, and its map: what
    `stress` asks.

    Args:
        signature: the `explain` signature.
        test: texts with their labels.
    """

    def look(texts: list[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        right, maps = np.zeros(len(texts)), [np.zeros(0)] * len(texts)
        for places, told in answers(signature, texts):
            for row, place in enumerate(places):
                right[place] = told["label"][row].decode() == test.classes[test.label[place]]
                maps[place] = of_words(told, row, word_offsets(texts[place]))
        return right, maps

    return look

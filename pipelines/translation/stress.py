"""What growing noise in the source does to the translation, and to where the model looks."""

from collections.abc import Callable

import numpy as np
from sacrebleu import sentence_chrf

from ...datasets import ParallelText
from ...focus import Stressed, character_noise, stress, word_dropout, word_offsets, word_swaps
from ...focus.alignment import membership
from ..serving import Signature, answers

PERTURBATIONS = {"letters": character_noise, "words dropped": word_dropout, "words swapped": word_swaps}


def stress_test(signature: Signature, test: ParallelText) -> dict[str, list[Stressed]]:
    """Quality is chrF of each sentence against its reference, from 0 to 1: see `stress`. The map of a
    sentence is what each of its words gets from the whole translation.

    Args:
        signature: the `explain` signature.
        test: sentences; each is translated once in every dose of every noise.
    """
    look = looker(signature, test)
    return {name: stress(look, test.source, noise) for name, noise in PERTURBATIONS.items()}


def looker(signature: Signature, test: ParallelText) -> Callable:
    """From the sources of a test set, disturbed or not, to how good each translation is, and its map."""

    def look(sources: list[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        quality, maps = np.zeros(len(sources)), [np.zeros(0)] * len(sources)
        for places, told in answers(signature, sources):
            for row, place in enumerate(places):
                found = sentence_chrf(told["text"][row].decode(), [test.target[place]])
                quality[place] = found.score / 100
                of_source = membership(told["source_offsets"][row], word_offsets(sources[place]))
                maps[place] = told["attention"][row].sum(axis=0) @ of_source
        return quality, maps

    return look

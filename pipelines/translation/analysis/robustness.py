"""What growing noise in the source does to the translation, and to where the model looks."""

from collections.abc import Callable

import numpy as np
from sacrebleu import sentence_chrf

from ....datasets import ParallelText
from ....focus import RobustnessResult, character_noise, stress, word_dropout, word_offsets, word_swaps
from ....focus.records.alignment import span_membership
from ...saved_model.batched_calls import Signature, SignatureOutputs, answers

PERTURBATIONS = {"letters": character_noise, "words dropped": word_dropout, "words swapped": word_swaps}


def measure_robustness(signature: Signature, test: ParallelText) -> dict[str, list[RobustnessResult]]:
    """Quality is chrF of each sentence against its reference, from 0 to 1: see `stress`. The map of a
    sentence is what each of its words gets from the whole translation.

    Args:
        signature: the `explain` signature.
        test: sentences; each is translated once in every dose of every noise.
    """
    look = quality_and_attention(signature, test)
    return {name: stress(look, test.source, noise) for name, noise in PERTURBATIONS.items()}


def quality_and_attention(signature: Signature, test: ParallelText) -> Callable:
    """From the sources of a test set, disturbed or not, to how good each translation is, and its map."""

    def look(sources: list[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        def read(told: SignatureOutputs, place: int) -> tuple[float, np.ndarray]:
            quality = sentence_chrf(told["text"].decode(), [test.target[place]]).score / 100
            of_source = span_membership(told["source_offsets"], word_offsets(sources[place]))
            return quality, told["attention"].sum(axis=0) @ of_source

        found = answers(signature, sources, read)
        return np.array([quality for quality, _ in found]), [one for _, one in found]

    return look

"""Robustness of translations and attention to noise in the source."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from sacrebleu import sentence_chrf

from ....datasets import ParallelText
from ....focus.records import span_membership, word_offsets
from ....focus.robustness import (
    RobustnessResult,
    character_noise,
    measure_robustness,
    unicode_noise,
    word_dropout,
    word_swaps,
)
from ...saved_model.batched_calls import Signature, SignatureOutputs, map_signature

PERTURBATIONS = {
    "letters": character_noise,
    "Unicode": unicode_noise,
    "words dropped": word_dropout,
    "words swapped": word_swaps,
}


def evaluate_robustness(signature: Signature, test: ParallelText) -> dict[str, list[RobustnessResult]]:
    """Measure chrF and attention under growing noise, see `foveal.focus.measure_robustness`.

    The quality is the chrF of each sentence against its reference, from 0 to 1. The attention map of a
    sentence is the total attention that each source word receives.

    Args:
        signature: the `explain` signature of a translator.
        test: sentence pairs; each is translated once for every severity of every perturbation.

    Returns:
        For each perturbation a result for each severity.
    """
    evaluate = quality_and_attention(signature, test)
    return {name: measure_robustness(evaluate, test.source, noise) for name, noise in PERTURBATIONS.items()}


def quality_and_attention(
    signature: Signature, test: ParallelText
) -> Callable[[list[str]], tuple[npt.NDArray[np.floating], list[npt.NDArray[np.floating]]]]:
    """Build the function from source texts to the quality and the attention map of each translation.

    Args:
        signature: the `explain` signature of a translator.
        test: sentence pairs; the function takes their sources, perturbed or not, in the same order.

    Returns:
        A function of source texts. It returns chrF `(sentences,)` and for each sentence a map
        `(source words,)`.
    """

    def evaluate(sources: list[str]) -> tuple[np.ndarray, list[np.ndarray]]:
        def chrf_and_map(outputs: SignatureOutputs, index: int) -> tuple[float, np.ndarray]:
            quality = sentence_chrf(outputs["text"].decode(), [test.target[index]]).score / 100
            to_words = span_membership(outputs["source_offsets"], word_offsets(sources[index]))
            return quality, outputs["attention"].sum(axis=0) @ to_words

        results = map_signature(signature, sources, chrf_and_map)
        return np.array([quality for quality, _ in results]), [weights for _, weights in results]

    return evaluate

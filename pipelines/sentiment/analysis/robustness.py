"""What growing noise in the texts does to the labels, and to where the model looks."""

from collections.abc import Mapping

from ....datasets import LabelledText
from ....focus import (
    Perturbation,
    RobustnessResult,
    character_noise,
    distractors,
    stress,
    word_dropout,
    word_swaps,
)
from ...saved_model.batched_calls import Signature
from .word_attention import quality_and_attention


def perturbations(test: LabelledText) -> dict[str, Perturbation]:
    """The noise of letters and words; where rationales are known also sentences that hold none of them,
    taken from other texts of the set: they decide nothing."""
    found: dict[str, Perturbation] = {
        "letters": character_noise,
        "words dropped": word_dropout,
        "words swapped": word_swaps,
    }
    pool = non_rationale_sentences(test)
    return found | {"distractors": distractors(pool)} if pool else found


def non_rationale_sentences(test: LabelledText) -> list[str]:
    """The sentences of a test set that hold no part of a rationale; none where that is not known."""
    if test.rationales is None or test.sentences is None:
        return []
    return [
        text.encode()[start:end].decode()
        for text, sentences, gold in zip(test.text, test.sentences, test.rationales, strict=True)
        for start, end in sentences
        if not any(start < last and end > first for first, last in gold)
    ]


def measure_robustness(
    signatures: Mapping[str, Signature], test: LabelledText
) -> dict[str, list[RobustnessResult]]:
    """Quality is the share of right labels: see `stress`, a table for each perturbation."""
    look = quality_and_attention(signatures["explain"], test)
    return {name: stress(look, test.text, noise) for name, noise in perturbations(test).items()}

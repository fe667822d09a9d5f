"""Robustness of labels and attention to noise in the texts."""

from collections.abc import Mapping

from ....datasets import LabelledText
from ....focus.robustness import (
    Perturbation,
    RobustnessResult,
    character_noise,
    distractors,
    measure_robustness,
    unicode_noise,
    word_dropout,
    word_swaps,
)
from ...saved_model.batched_calls import Signature
from .word_attention import quality_and_attention


def default_perturbations(test: LabelledText) -> dict[str, Perturbation]:
    """Return the perturbations of a test set by name.

    Character noise, Unicode noise, word dropout and word swaps. A test set with gold rationales also has
    distractors: inserted sentences of the same set that contain no part of a rationale.
    """
    perturbations: dict[str, Perturbation] = {
        "letters": character_noise,
        "Unicode": unicode_noise,
        "words dropped": word_dropout,
        "words swapped": word_swaps,
    }
    sentences = non_rationale_sentences(test)
    return perturbations | {"distractors": distractors(sentences)} if sentences else perturbations


def non_rationale_sentences(test: LabelledText) -> list[str]:
    """Return the sentences that contain no part of a rationale; none without gold rationales."""
    if test.rationales is None or test.sentences is None:
        return []
    return [
        text.encode()[start:end].decode()
        for text, sentences, rationales in zip(test.text, test.sentences, test.rationales, strict=True)
        for start, end in sentences
        if not any(start < gold_end and end > gold_start for gold_start, gold_end in rationales)
    ]


def evaluate_robustness(
    signatures: Mapping[str, Signature], test: LabelledText
) -> dict[str, list[RobustnessResult]]:
    """Measure accuracy and attention under growing noise, see `foveal.focus.measure_robustness`.

    Args:
        signatures: of a classifier.
        test: labelled texts; each is classified once for every severity of every perturbation.

    Returns:
        For each perturbation a result for each severity.
    """
    evaluate = quality_and_attention(signatures["explain"], test)
    return {
        name: measure_robustness(evaluate, test.text, noise)
        for name, noise in default_perturbations(test).items()
    }

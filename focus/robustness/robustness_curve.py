"""Robustness curve: quality of predictions and divergence of attention under growing severity."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..evaluation.attention_maps import AttentionMaps
from ..evaluation.bootstrap import ConfidenceInterval, bootstrap_interval
from ..evaluation.divergences import jensen_shannon
from ..records.word_segmentation import word_offsets
from .perturbation import Perturbation, Perturbed

SEVERITIES = (0.05, 0.1, 0.2, 0.3, 0.5)


class RobustnessResult(NamedTuple):
    """Quality and attention divergence at one severity, with bootstrap intervals over the examples.

    Attributes:
        severity: of the perturbation.
        quality: of the predictions on perturbed inputs.
        drop: quality on the original inputs minus quality on the perturbed inputs.
        divergence: Jensen-Shannon divergence of the attention, on the kept words or regions.
    """

    severity: float
    quality: ConfidenceInterval
    drop: ConfidenceInterval
    divergence: ConfidenceInterval


def measure_robustness(
    evaluate: Callable[[list], tuple[npt.ArrayLike, AttentionMaps]],
    examples: Sequence,
    perturbation: Perturbation,
    severities: Sequence[float] = SEVERITIES,
    seed: int = 0,
) -> list[RobustnessResult]:
    """Measure the drop of quality and the divergence of attention under growing severity.

    The divergence of an example is the Jensen-Shannon divergence of its attention maps before and after, on
    the kept words, each map divided by its sum over them: deleted and inserted words do not contribute.
    Compare it with `seed_divergence`, the divergence between models of different seeds without noise.

    Args:
        evaluate: function from a list of examples to the quality of each prediction, `(examples,)`
            (1 and 0 for right and wrong, the probability of the label, BLEU), and its attention maps: for a
            text the weights of its words (see `word_offsets`), for an image those of its regions,
            flattened.
        examples: texts or images.
        perturbation: function of an example, a severity and a seed, such as `word_dropout` or
            `distractors(pool)`.
        severities: from 0 to 1.
        seed: of the noise of the first example; each following example has the next seed, at every
            severity.

    Returns:
        A `RobustnessResult` for each severity. An example without kept words is left out of the divergence.
        An example without attention on the kept words has the maximum divergence.

    Raises:
        ValueError: if there is not a quality and a map for each example, or a weight for each word.

    Example:
        >>> from foveal.focus import word_dropout
        >>> def evaluate(texts):  # predicts from the word "good", and attends to it
        ...     maps = [np.array([word == "good" for word in text.split()], float) + 0.1 for text in texts]
        ...     return [float("good" in text) for text in texts], maps
        >>> examples = ["a good film", "so good"] * 9
        >>> table = measure_robustness(evaluate, examples, word_dropout, severities=[0.3, 0.6])
        >>> [row.severity for row in table], table[0].drop.value < table[1].drop.value
        ([0.3, 0.6], True)
    """
    quality, maps = _evaluate(evaluate, list(examples))
    table = []
    for severity in severities:
        perturbed = [perturbation(example, severity, seed + index) for index, example in enumerate(examples)]
        perturbed_quality, perturbed_maps = _evaluate(evaluate, [result.example for result in perturbed])
        divergences = np.array(list(map(_divergence, maps, perturbed_maps, perturbed)))
        table.append(
            RobustnessResult(
                severity,
                bootstrap_interval(perturbed_quality),
                bootstrap_interval(quality - perturbed_quality),
                bootstrap_interval(divergences),
            )
        )
    return table


def _evaluate(evaluate: Callable, examples: list) -> tuple[np.ndarray, list[np.ndarray]]:
    """Quality and maps of the examples as validated arrays."""
    quality, maps = evaluate(examples)
    quality, maps = np.asarray(quality, float), [np.asarray(weights, float) for weights in maps]
    if quality.shape != (len(examples),) or len(maps) != len(examples):
        raise ValueError(
            f"`evaluate` must return a quality and a map for each of {len(examples)} examples. "
            f"Received: quality.shape={quality.shape}, {len(maps)} maps"
        )
    for example, weights in zip(examples, maps, strict=True):
        expected = (len(word_offsets(example)),) if isinstance(example, str) else weights.shape[:1]
        if weights.ndim != 1 or weights.shape != expected:
            raise ValueError(
                f"`evaluate` must return maps with a weight for each word, {expected}. "
                f"Received: map.shape={weights.shape}"
            )
    return quality, maps


def _divergence(before: np.ndarray, after: np.ndarray, perturbed: Perturbed) -> float:
    """Divergence of the attention on the kept positions; NaN without any."""
    if perturbed.kept_positions is None:
        return float(jensen_shannon(before, after)) if len(before) else np.nan
    old, new = perturbed.kept_positions.T
    return float(jensen_shannon(before[old], after[new])) if len(old) else np.nan

"""What growing noise does to the answers of a model, and to where it looks."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..evaluation.baselines import AttentionMaps
from ..evaluation.bootstrap import ConfidenceInterval, bootstrap_interval
from ..evaluation.divergences import jensen_shannon
from ..robustness import Perturbation, Perturbed

SEVERITIES = (0.05, 0.1, 0.2, 0.3, 0.5)


class RobustnessResult(NamedTuple):
    """A row of the table: with bootstrap intervals over the examples.

    severity: of the perturbation. quality: of the answers. drop: how much better they were without it.
    divergence: how far attention moved, on what is still there.
    """

    severity: float
    quality: ConfidenceInterval
    drop: ConfidenceInterval
    divergence: ConfidenceInterval


def stress(
    look: Callable[[list], tuple[Any, AttentionMaps]],
    examples: Sequence,
    perturbation: Perturbation,
    severities: Sequence[float] = SEVERITIES,
    seed: int = 0,
) -> list[RobustnessResult]:
    """How much worse a model becomes under growing doses, beside how far its attention drifts.

    The drift of an example is the Jensen-Shannon divergence of its maps before and after, on the words that
    are still there, each map divided by its sum over them: what was deleted or added is no drift. Its
    yardstick is `seed_divergence`: how far a model of another seed looks elsewhere, with no noise at all.

    Args:
        look: from a list of examples, in their order, to how good each answer is, `(examples,)` (1 and 0 for
            right and wrong, the probability of the label, BLEU), and its map: for a text the weights of its
            words (see `word_offsets`), for a picture those of its regions, as one row.
        examples: texts or pictures.
        perturbation: a function of an example, a dose and a seed, such as `word_dropout` or
            `distractors(pool)`.
        severities: from 0 to 1.
        seed: of the first example's noise; each has the next, and the same for every dose.

    Returns:
        A `RobustnessResult` for each dose. An example of which nothing is left does not count in the drift; one whose
        attention has left all that is left has drifted as far as can be.

    Raises:
        ValueError: where there is not a quality and a map for each example, or a map has not a weight for
            each word.

    Example:
        >>> from foveal.focus import word_dropout
        >>> def look(texts):  # likes the word "good", and looks at it
        ...     maps = [np.array([word == "good" for word in text.split()], float) + 0.1 for text in texts]
        ...     return [float("good" in text) for text in texts], maps
        >>> table = stress(look, ["a good film", "so good"] * 9, word_dropout, severities=[0.3, 0.6])
        >>> [row.severity for row in table], table[0].drop.value < table[1].drop.value
        ([0.3, 0.6], True)
    """
    before, maps = _looked(look, list(examples))
    table = []
    for severity in severities:
        changed = [perturbation(example, severity, seed + index) for index, example in enumerate(examples)]
        after, moved = _looked(look, [one.example for one in changed])
        divergence = np.array(list(map(_drift, maps, moved, changed)))
        table.append(
            RobustnessResult(
                severity,
                bootstrap_interval(after),
                bootstrap_interval(before - after),
                bootstrap_interval(divergence),
            )
        )
    return table


def _looked(look: Callable, examples: list) -> tuple[np.ndarray, list[np.ndarray]]:
    """What is told of the examples, if it is what it must be."""
    quality, maps = look(examples)
    quality, maps = np.asarray(quality, float), [np.asarray(one, float) for one in maps]
    if quality.shape != (len(examples),) or len(maps) != len(examples):
        raise ValueError(
            f"Expected a quality and a map for each of {len(examples)} examples. "
            f"Received: quality {quality.shape}, {len(maps)} maps."
        )
    for example, weights in zip(examples, maps, strict=True):
        expected = (len(example.split()),) if isinstance(example, str) else weights.shape[:1]
        if weights.ndim != 1 or weights.shape != expected:
            raise ValueError(f"Expected a weight for each word, {expected}. Received: {weights.shape}.")
    return quality, maps


def _drift(before: np.ndarray, after: np.ndarray, changed: Perturbed) -> float:
    """How far a map moved, on what was kept; NaN where nothing was."""
    if changed.kept is None:
        return float(jensen_shannon(before, after)) if len(before) else np.nan
    was, now = changed.kept.T
    return float(jensen_shannon(before[was], after[now])) if len(was) else np.nan

"""Agreement of the gate with gold, and gates that know less as baselines."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...optional_dependencies import optional_dependency


class GatedText(NamedTuple):
    """The words of one generated text.

    words: the words.
    gate: gate of each word, `(words,)`, 1 for the sentinel alone.
    gold: whether the input does not determine the word, boolean `(words,)`.
    """

    words: Sequence[str]
    gate: npt.NDArray[np.floating]
    gold: npt.NDArray[np.bool_]


def gate_auroc(texts: Sequence[GatedText]) -> float:
    """Compute the area under the ROC curve of the gate as a detector of gold words, over all texts.

    It is the probability that the gate is higher for a word that the input does not determine than for a
    word that it determines: 0.5 for a gate that knows nothing, 1 for a perfect one. The threshold and the
    scale of the gate do not matter.

    Args:
        texts: the generated texts.

    Returns:
        The area; NaN if all words belong to one side.

    Raises:
        ValueError: if lengths differ, or a gate is NaN.

    Example:
        >>> gold = np.array([True, False, False, True])
        >>> text = GatedText(["the", "red", "star", "is"], np.array([0.9, 0.2, 0.3, 0.25]), gold)
        >>> gate_auroc([text])
        0.75

    Reference:
        Lu et al. 2017, Knowing When to Look, figure 6, on the gate by word.
    """
    gates, gold = _concatenate(texts)
    if not gold.any() or gold.all():
        return float("nan")
    with optional_dependency("focus"):
        from sklearn.metrics import roc_auc_score
    return float(roc_auc_score(gold, gates))


def gate_of_words(texts: Sequence[GatedText]) -> list[GatedText]:
    """Replace each gate by the share of gold of its word in the other texts.

    The control of `gate_auroc`, a gate that knows the word alone: a gate that is no better only knows which
    words are usually determined. A word of no other text gets the share of all words of the other texts.

    Args:
        texts: the generated texts.

    Returns:
        The texts with other gates.

    Example:
        >>> gold = np.array([True, False])
        >>> texts = [GatedText(["the", noun], np.zeros(2), gold) for noun in ("star", "ring")]
        >>> [text.gate.tolist() for text in gate_of_words(texts)]
        [[1.0, 0.5], [1.0, 0.5]]
    """
    counts, controls = _count_gold(texts), []
    total = sum(counts.values(), np.zeros(2))
    for text in texts:
        own = _count_gold([text])
        all_others = total - sum(own.values(), np.zeros(2))
        others = [counts[word.lower()] - own[word.lower()] for word in text.words]
        shares = [_share(count if count[1] else all_others) for count in others]
        controls.append(text._replace(gate=np.array(shares)))
    return controls


def random_gates(texts: Sequence[GatedText], seed: int = 0) -> list[GatedText]:
    """Replace each gate by a random number from 0 to 1."""
    rng = np.random.default_rng(seed)
    return [text._replace(gate=rng.random(len(text.words))) for text in texts]


def _count_gold(texts: Sequence[GatedText]) -> dict[str, np.ndarray]:
    """Count the gold and all occurrences of each word, `(2,)`."""
    counts: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(2))
    for text in texts:
        for word, is_gold in zip(text.words, text.gold, strict=True):
            counts[word.lower()] += (is_gold, 1)
    return counts


def _share(count: np.ndarray) -> float:
    return float(count[0] / count[1]) if count[1] else 0.5


def _concatenate(texts: Sequence[GatedText]) -> tuple[np.ndarray, np.ndarray]:
    for text in texts:
        if not len(text.words) == len(text.gate) == len(text.gold):
            raise ValueError(
                "`texts` must have one gate and one gold for each word. "
                f"Received: {len(text.words)} words, {len(text.gate)} gates, {len(text.gold)} of gold"
            )
        if np.isnan(text.gate).any():
            raise ValueError(f"`texts` must have gates that are numbers. Received: {text.gate}")
    gates = np.concatenate([np.asarray(text.gate, float) for text in texts] or [np.array([])])
    return gates, np.concatenate([np.asarray(text.gold, bool) for text in texts] or [np.array([], bool)])

"""What the answer loses with each token alone, and whether attention ranks the tokens so."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import stats

from ..evaluation.baselines import AttentionMaps
from ..evaluation.divergences import total_variation
from .erasure import Erase, Predict, predict_in_batches


def leave_one_out(
    predict: Predict, examples: Sequence, erase: Erase, batch_size: int = 1024
) -> list[np.ndarray]:
    """How far the answer moves when one token is erased: a map of importance without a gradient.

    For each token the total variation distance between what is predicted with and without it.

    Args:
        predict, examples, erase, batch_size: as in `comprehensiveness`. `predict` sees every example once
            for each of its tokens.

    Returns:
        For each example `(tokens,)`, from 0 to 1.

    Raises:
        ValueError: where what is predicted is not a finite row for each example.

    Example:
        >>> from foveal.focus import delete_tokens
        >>> def predict(texts):
        ...     good = np.array([("good" in text) * 0.6 + 0.2 for text in texts])
        ...     return np.stack([1 - good, good], axis=1)
        >>> leave_one_out(predict, [["a", "good", "film"]], delete_tokens)[0].round(2).tolist()
        [0.0, 0.6, 0.0]

    Reference:
        Jain and Wallace, Attention is not Explanation (2019), section 4.1, algorithm 1.
    """

    def variants() -> Iterator:
        for example in examples:
            yield erase(example, np.zeros(len(example), bool))
            yield from (erase(example, one) for one in np.eye(len(example), dtype=bool))

    found = predict_in_batches(predict, variants(), batch_size)
    ends = np.cumsum([1 + len(example) for example in examples])
    whole = np.split(found, ends[:-1])
    return [total_variation(rows[1:], rows[:1]) for rows in whole]


def kendall_tau(maps: AttentionMaps, importance: AttentionMaps) -> np.ndarray:
    """Do two maps put the tokens of an example in the same order? Kendall's tau-b of each.

    Args:
        maps: for each example `(tokens,)`, such as its attention.
        importance: the same, such as `leave_one_out` gives.

    Returns:
        `(examples,)`: 1 in the same order, 0 in no relation, -1 in the reverse. 0 where a map is
        constant or has fewer than two tokens, for it orders nothing.

    Raises:
        ValueError: where the maps are not as long as each other, or NaN.

    Example:
        >>> kendall_tau([[0.1, 0.7, 0.2], [0.5, 0.5]], [[0.0, 0.9, 0.3], [0.0, 1.0]]).tolist()
        [1.0, 0.0]

    Reference:
        Kendall, The Treatment of Ties in Ranking Problems (1945); Jain and Wallace (2019), section 4.1.
    """
    first, second = ([np.asarray(one, dtype=float) for one in side] for side in (maps, importance))
    shapes = [[one.shape for one in side] for side in (first, second)]
    if shapes[0] != shapes[1] or any(len(shape) != 1 for shape in shapes[0]):
        raise ValueError(
            "Expected two maps of shape (tokens,) for each example. "
            f"Received: {shapes[0][:3]} ... and {shapes[1][:3]} ..."
        )
    pairs = list(zip(first, second, strict=True))
    if any(np.isnan(a).any() or np.isnan(b).any() for a, b in pairs):
        raise ValueError("Expected weights that are numbers. Received: NaN.")
    return np.array([stats.kendalltau(a, b).statistic if _orders(a) and _orders(b) else 0 for a, b in pairs])


def _orders(weights: np.ndarray) -> bool:
    return len(weights) > 1 and weights.min() < weights.max()

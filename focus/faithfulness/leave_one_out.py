"""Leave-one-out importance of tokens, and its rank correlation with attention (Jain and Wallace 2019)."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...optional_dependencies import optional_dependency
from ..evaluation.attention_maps import AttentionMaps
from ..evaluation.divergences import total_variation
from .erasure import Erase, Predict, predict_in_batches


def leave_one_out(
    predict: Predict, examples: Sequence, erase: Erase, batch_size: int = 1024
) -> list[np.ndarray]:
    """Compute the leave-one-out importance of each token.

    It is the total variation distance between the predictions with and without the token.

    Args:
        predict: as in `comprehensiveness`; it is called once for each token.
        examples: as in `comprehensiveness`.
        erase: as in `comprehensiveness`.
        batch_size: as in `comprehensiveness`.

    Returns:
        For each example `(tokens,)`, from 0 to 1.

    Raises:
        ValueError: if a prediction is not a finite row for each example.

    Example:
        >>> from foveal.focus import delete_tokens
        >>> def predict(texts):
        ...     good = np.array([("good" in text) * 0.6 + 0.2 for text in texts])
        ...     return np.stack([1 - good, good], axis=1)
        >>> leave_one_out(predict, [["a", "good", "film"]], delete_tokens)[0].round(2).tolist()
        [0.0, 0.6, 0.0]

    Reference:
        Jain and Wallace 2019, Attention is not Explanation, section 4.1, algorithm 1.
    """

    def variants() -> Iterator:
        for example in examples:
            yield erase(example, np.zeros(len(example), bool))
            yield from (erase(example, erased) for erased in np.eye(len(example), dtype=bool))

    probabilities = predict_in_batches(predict, variants(), batch_size)
    ends = np.cumsum([1 + len(example) for example in examples])
    return [total_variation(rows[1:], rows[:1]) for rows in np.split(probabilities, ends[:-1])]


def kendall_tau(maps: AttentionMaps, importance: AttentionMaps) -> np.ndarray:
    """Compute the rank correlation of two maps, Kendall's tau-b, for each example.

    Args:
        maps: for each example `(tokens,)`, such as its attention weights.
        importance: the same, such as `leave_one_out` returns.

    Returns:
        `(examples,)`: 1 for the same order, 0 for no correlation, -1 for the reverse order. 0 if a map is
        constant or has fewer than two tokens.

    Raises:
        ValueError: if the shapes differ, or a weight is NaN.

    Example:
        >>> kendall_tau([[0.1, 0.7, 0.2], [0.5, 0.5]], [[0.0, 0.9, 0.3], [0.0, 1.0]]).tolist()
        [1.0, 0.0]

    Reference:
        Kendall 1945, The Treatment of Ties in Ranking Problems; Jain and Wallace 2019, section 4.1.
    """
    first, second = ([np.asarray(row, dtype=float) for row in rows] for rows in (maps, importance))
    shapes = [[row.shape for row in rows] for rows in (first, second)]
    if shapes[0] != shapes[1] or any(len(shape) != 1 for shape in shapes[0]):
        raise ValueError(
            "`maps` and `importance` must have the same shapes (tokens,). "
            f"Received: shapes {shapes[0][:3]} ... and {shapes[1][:3]} ..."
        )
    pairs = list(zip(first, second, strict=True))
    if any(np.isnan(a).any() or np.isnan(b).any() for a, b in pairs):
        raise ValueError("`maps` and `importance` must not hold NaN. Received: weights with NaN")
    return np.array([_kendall_tau(a, b) for a, b in pairs])


def _kendall_tau(first: np.ndarray, second: np.ndarray) -> float:
    with optional_dependency("focus"):
        from scipy import stats

    if len(first) < 2 or any(row.min() == row.max() for row in (first, second)):
        return 0.0
    return stats.kendalltau(first, second).statistic

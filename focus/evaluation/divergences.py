"""How far two maps of attention are apart."""

import numpy as np
import numpy.typing as npt
from scipy.special import rel_entr


def total_variation(first: npt.ArrayLike, second: npt.ArrayLike) -> np.ndarray:
    """Half the sum of the absolute differences, from 0 (the same) to 1 (nothing in common).

    Args:
        first, second: weights or probabilities `(..., keys)`, not negative. Only their proportions
            count: each row is divided by its sum.

    Returns:
        `(...)`. A row of zeros looked nowhere: it is 0 from another such row, and 1 from any other.

    Raises:
        ValueError: where the shapes do not fit, or a weight is negative, infinite or NaN.

    Example:
        >>> float(total_variation([0.5, 0.5, 0.0], [0.5, 0.0, 0.5]))
        0.5
    """
    p, q = _rows(first, second)
    return np.where(_one_is_empty(p, q), 1.0, 0.5 * np.abs(p - q).sum(axis=-1))


def jensen_shannon(first: npt.ArrayLike, second: npt.ArrayLike) -> np.ndarray:
    """Jensen-Shannon divergence in nats, from 0 (the same) to ln 2 = 0.69 (nothing in common).

    With `m` the mean of the two maps, `(KL(p || m) + KL(q || m)) / 2`.

    Args:
        first, second: weights or probabilities `(..., keys)`, not negative. Only their proportions
            count: each row is divided by its sum.

    Returns:
        `(...)`. A row of zeros looked nowhere: it is 0 from another such row, and ln 2 from any other.

    Raises:
        ValueError: where the shapes do not fit, or a weight is negative, infinite or NaN.

    Example:
        >>> jensen_shannon([[1, 0], [1, 1]], [[0, 1], [1, 1]]).round(3).tolist()
        [0.693, 0.0]

    Reference: Lin, Divergence Measures Based on the Shannon Entropy (1991).
    """
    p, q = _rows(first, second)
    mean = (p + q) / 2
    divergence = 0.5 * (rel_entr(p, mean) + rel_entr(q, mean)).sum(axis=-1)
    return np.where(_one_is_empty(p, q), np.log(2), divergence)


def _rows(*maps: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Both as rows that sum to 1, or are zeros."""
    first, second = (np.asarray(weights, dtype=float) for weights in maps)
    if first.ndim == 0 or first.shape[-1:] != second.shape[-1:]:
        raise ValueError(f"Expected maps of the same keys. Received: {first.shape} and {second.shape}.")
    for weights in (first, second):
        if not (np.isfinite(weights) & (weights >= 0)).all():
            raise ValueError("Expected weights from 0 on. Received: negative, infinite or NaN ones.")
    return _normalized(first), _normalized(second)


def _normalized(weights: np.ndarray) -> np.ndarray:
    total = weights.sum(axis=-1, keepdims=True)
    return weights / np.where(total > 0, total, 1)


def _one_is_empty(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return p.any(axis=-1) != q.any(axis=-1)

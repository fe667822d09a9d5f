"""Divergences between attention distributions: total variation, Jensen-Shannon."""

import numpy as np
import numpy.typing as npt

from ...optional_dependencies import optional_dependency


def total_variation(first: npt.ArrayLike, second: npt.ArrayLike) -> np.ndarray:
    """Compute the total variation distance, from 0 (equal) to 1 (disjoint).

    Half the sum of the absolute differences.

    Args:
        first: weights or probabilities `(..., keys)`, not negative. Each row is divided by its sum.
        second: the same; broadcasts with `first`.

    Returns:
        `(...)`. The distance of a row of zeros is 0 to another row of zeros, and 1 to any other row.

    Raises:
        ValueError: if the numbers of keys differ, or a weight is negative, infinite or NaN.

    Example:
        >>> float(total_variation([0.5, 0.5, 0.0], [0.5, 0.0, 0.5]))
        0.5
    """
    p, q = _distributions(first, second)
    return np.where(_exactly_one_is_empty(p, q), 1.0, 0.5 * np.abs(p - q).sum(axis=-1))


def jensen_shannon(first: npt.ArrayLike, second: npt.ArrayLike) -> np.ndarray:
    """Compute the Jensen-Shannon divergence in nats, from 0 (equal) to ln 2 = 0.69 (disjoint).

    With `m` the mean of the two distributions, `(KL(p || m) + KL(q || m)) / 2`.

    Args:
        first: weights or probabilities `(..., keys)`, not negative. Each row is divided by its sum.
        second: the same; broadcasts with `first`.

    Returns:
        `(...)`. The divergence of a row of zeros is 0 from another row of zeros, and ln 2 from any other row.

    Raises:
        ValueError: if the numbers of keys differ, or a weight is negative, infinite or NaN.

    Example:
        >>> jensen_shannon([[1, 0], [1, 1]], [[0, 1], [1, 1]]).round(3).tolist()
        [0.693, 0.0]

    Reference:
        Lin 1991, Divergence Measures Based on the Shannon Entropy.
    """
    with optional_dependency("focus"):
        from scipy.special import rel_entr

    p, q = _distributions(first, second)
    mean = (p + q) / 2
    divergence = 0.5 * (rel_entr(p, mean) + rel_entr(q, mean)).sum(axis=-1)
    return np.where(_exactly_one_is_empty(p, q), np.log(2), divergence)


def _distributions(*weights: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Both as rows that sum to 1, or are zeros."""
    first, second = (np.asarray(rows, dtype=float) for rows in weights)
    if first.ndim == 0 or first.shape[-1:] != second.shape[-1:]:
        raise ValueError(
            "`first` and `second` must have the same number of keys. "
            f"Received: first.shape={first.shape}, second.shape={second.shape}"
        )
    for rows in (first, second):
        if not (np.isfinite(rows) & (rows >= 0)).all():
            raise ValueError(
                "`first` and `second` must be finite and at least 0. "
                "Received: negative, infinite or NaN weights"
            )
    return _normalize(first), _normalize(second)


def _normalize(weights: np.ndarray) -> np.ndarray:
    total = weights.sum(axis=-1, keepdims=True)
    return weights / np.where(total > 0, total, 1)


def _exactly_one_is_empty(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return p.any(axis=-1) != q.any(axis=-1)

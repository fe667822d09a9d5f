"""Sparsity of attention weights: fraction of zeros, Gini index (Hurley and Rickard 2009)."""

import numpy as np
import numpy.typing as npt

from .attention_weights import normalize_weights, validate_weights


def zero_fraction(weights: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> np.ndarray:
    """Compute the fraction of the unmasked keys of each row with a weight of exactly 0.

    Softmax has no such keys, except by underflow; sparsemax, entmax and hard attention have.

    Args:
        weights: `(..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may attend to a key.

    Returns:
        `(..., queries)`, from 0 to 1; NaN for an empty or fully masked row.

    Raises:
        ValueError: if weights are NaN, infinite or negative, have fewer than two axes, or the mask does not
            broadcast.

    Example:
        >>> zero_fraction([[0.5, 0.5, 0.0, 0.0]], mask=[True, True, True, False]).round(3).tolist()
        [0.333]

    Reference:
        Martins and Astudillo 2016, From Softmax to Sparsemax, section 2.
    """
    weights, mask = validate_weights(weights, mask)
    num_keys = np.where(weights.any(axis=-1), mask.sum(axis=-1), np.nan)
    return (mask & (weights == 0)).sum(axis=-1) / num_keys


def gini(weights: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> np.ndarray:
    """Compute the Gini index of each row: the inequality of its weights.

    With the n normalized weights p in ascending order, `1 - 2 sum_k p_k (n - k + 1/2) / n`.

    Args:
        weights: `(..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may attend to a key.

    Returns:
        `(..., queries)`: 0 for uniform weights, `1 - 1/n` for a single key; NaN for an empty or fully masked
        row.

    Raises:
        ValueError: if weights are NaN, infinite or negative, have fewer than two axes, or the mask does not
            broadcast.

    Example:
        >>> gini([[0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0]]).round(6).tolist()
        [0.0, 0.75]

    Reference:
        Hurley and Rickard 2009, Comparing Measures of Sparsity, where it is one of two that have all six
        required properties.
    """
    p, mask = normalize_weights(weights, mask)
    length, num_keys = p.shape[-1], mask.sum(axis=-1)
    # Masked keys are zeros at the start: they add nothing, and the ranks from the end stay the same.
    from_end = length - np.arange(1, length + 1) + 0.5
    return 1 - 2 * (np.sort(p, axis=-1) * from_end).sum(axis=-1) / np.maximum(num_keys, 1)

"""How few keys get how much."""

import numpy as np
import numpy.typing as npt

from .attention_weights import normalize_weights, validate_weights


def zero_fraction(weights: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> np.ndarray:
    """The share of the keys that a row may look at and gives exactly no weight.

    A softmax never has such keys, but where numbers are too small for their type; sparsemax, entmax and hard
    attention do.

    Args:
        weights: `(..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may look at a key.

    Returns:
        `(..., queries)`, from 0 to 1; NaN for a row without weight or whose keys are all masked.

    Raises:
        ValueError: if weights are NaN, infinite or negative, have no two axes, or the mask does not fit.

    Example:
        >>> zero_fraction([[0.5, 0.5, 0.0, 0.0]], mask=[True, True, True, False]).round(3).tolist()
        [0.333]

    Reference:
        Martins and Astudillo 2016, From Softmax to Sparsemax, section 2.
    """
    weights, seen = validate_weights(weights, mask)
    keys = np.where(weights.any(axis=-1), seen.sum(axis=-1), np.nan)
    return (seen & (weights == 0)).sum(axis=-1) / keys


def gini(weights: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> np.ndarray:
    """Gini index of each row: how unequally the keys that it may look at share its weight.

    With the n shares in rising order, `1 - 2 sum_k p_k (n - k + 1/2) / n`.

    Args:
        weights: `(..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may look at a key.

    Returns:
        `(..., queries)`: 0 where all get the same, `1 - 1/n` where one gets all; NaN for a row without weight
        or whose keys are all masked.

    Raises:
        ValueError: if weights are NaN, infinite or negative, have no two axes, or the mask does not fit.

    Example:
        >>> gini([[0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0]]).round(6).tolist()
        [0.0, 0.75]

    Reference:
        Hurley and Rickard 2009, Comparing Measures of Sparsity, where it is one of two that have all six
        properties asked for.
    """
    p, seen = normalize_weights(weights, mask)
    length, keys = p.shape[-1], seen.sum(axis=-1)
    # Masked keys are zeros at the start: they add nothing, and the others are as far from the end as before.
    from_end = length - np.arange(1, length + 1) + 0.5
    return 1 - 2 * (np.sort(p, axis=-1) * from_end).sum(axis=-1) / np.maximum(keys, 1)

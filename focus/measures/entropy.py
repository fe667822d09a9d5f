"""Entropy of attention weights, and the effective number of keys."""

import numpy as np
import numpy.typing as npt

from .attention_weights import normalize_weights


def entropy(
    weights: npt.ArrayLike, mask: npt.ArrayLike | None = None, normalized: bool = False
) -> np.ndarray:
    """Compute the Shannon entropy of each row, `-sum(p log p)`, in nats.

    Args:
        weights: `(..., queries, keys)`; each row is divided by its sum.
        mask: boolean that broadcasts to the weights, true where a query may attend to a key.
        normalized: whether to divide by the maximum, the logarithm of the number of unmasked keys: 1 is
            uniform attention. With a single key the result is 0.

    Returns:
        `(..., queries)`: 0 for a row with a single key; NaN for an empty or fully masked row.

    Raises:
        ValueError: if weights are NaN, infinite or negative, have fewer than two axes, or the mask does not
            broadcast.

    Example:
        >>> entropy([[0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0]]).round(3).tolist()
        [1.386, 0.0]
        >>> entropy([[0.5, 0.5, 0, 0]], mask=[True, True, True, False], normalized=True).round(3).tolist()
        [0.631]

    Reference:
        Shannon 1948, A Mathematical Theory of Communication, section 6; of attention: Clark et al. 2019, What
        Does BERT Look At?, section 3.3.
    """
    p, mask = normalize_weights(weights, mask)
    nats = -(p * np.log(np.where(p > 0, p, 1))).sum(axis=-1) + 0.0  # not -0
    if not normalized:
        return nats
    maximum = np.log(np.maximum(mask.sum(axis=-1), 1))
    return np.where(maximum > 0, nats / np.where(maximum > 0, maximum, 1), nats)


def effective_keys(weights: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> np.ndarray:
    """Compute the effective number of keys of each row: the exponential of its entropy.

    It is the number of keys whose uniform distribution has the entropy of the row.

    Args:
        weights: `(..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may attend to a key.

    Returns:
        `(..., queries)`, from 1 to the number of keys; NaN where `entropy` is.

    Raises:
        ValueError: as in `entropy`.

    Example:
        >>> effective_keys([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]).round(6).tolist()
        [2.0, 1.0]

    Reference:
        Hill 1973, Diversity and Evenness (the number of order 1).
    """
    return np.exp(entropy(weights, mask))

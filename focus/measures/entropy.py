"""How widely a query looks."""

import numpy as np
import numpy.typing as npt

from .attention_weights import normalize_weights


def entropy(
    weights: npt.ArrayLike, mask: npt.ArrayLike | None = None, normalized: bool = False
) -> np.ndarray:
    """Shannon entropy of each row, `-sum(p log p)`, in nats.

    Args:
        weights: `(..., queries, keys)`; a row that does not sum to 1 is measured as if it did.
        mask: boolean that broadcasts to the weights, true where a query may look at a key.
        normalized: whether to divide by the most that a row can have, the logarithm of the number of keys
            that it may look at: 1 is looking at all alike. With one such key it is 0.

    Returns:
        `(..., queries)`: 0 for a row that looks at one key; NaN for one without weight or whose keys are all
        masked.

    Raises:
        ValueError: if weights are NaN, infinite or negative, have no two axes, or the mask does not fit.

    Example:
        >>> entropy([[0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0]]).round(3).tolist()
        [1.386, 0.0]
        >>> entropy([[0.5, 0.5, 0, 0]], mask=[True, True, True, False], normalized=True).round(3).tolist()
        [0.631]

    Reference:
        Shannon 1948, A Mathematical Theory of Communication, section 6; of attention: Clark et al. 2019, What
        Does BERT Look At?, section 3.3.
    """
    p, seen = normalize_weights(weights, mask)
    nats = -(p * np.log(np.where(p > 0, p, 1))).sum(axis=-1) + 0.0  # not -0
    if not normalized:
        return nats
    most = np.log(np.maximum(seen.sum(axis=-1), 1))
    return np.where(most > 0, nats / np.where(most > 0, most, 1), nats)


def effective_keys(weights: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> np.ndarray:
    """How many keys a row looks at: the exponential of its entropy.

    So many keys, looked at alike, would have the entropy of the row.

    Args:
        weights: `(..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may look at a key.

    Returns:
        `(..., queries)`, from 1 to the number of keys; NaN where `entropy` is.

    Raises:
        ValueError: as `entropy` does.

    Example:
        >>> effective_keys([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]).round(6).tolist()
        [2.0, 1.0]

    Reference:
        Hill 1973, Diversity and Evenness (the number of order 1).
    """
    return np.exp(entropy(weights, mask))

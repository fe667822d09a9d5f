"""Attention maps: one array of weights for each example, and the mask of the highest of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

AttentionMaps = Sequence[Any] | np.ndarray
"""Attention weights of each example, arrays or lists."""


def top_k_mask(weights: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Compute the mask of the k highest weights; ties are broken at random.

    Args:
        weights: `(keys,)`.
        k: the number of keys.
        rng: breaks ties.

    Returns:
        Boolean `(keys,)`.

    Example:
        >>> top_k_mask(np.array([0.1, 0.7, 0.2]), 2, np.random.default_rng(0)).tolist()
        [False, True, True]
    """
    order = np.lexsort((rng.random(len(weights)), -weights))
    mask = np.zeros(len(weights), bool)
    mask[order[:k]] = True
    return mask

"""Divergence of attention between models of different seeds (Wiegreffe and Pinter 2019)."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from ..evaluation.attention_maps import AttentionMaps
from ..evaluation.divergences import jensen_shannon


def seed_divergence(
    maps: Sequence[AttentionMaps] | np.ndarray,
    distance: Callable[[np.ndarray, np.ndarray], np.ndarray] = jensen_shannon,
) -> np.ndarray:
    """Compute the mean divergence of attention between models that differ only in their seed.

    It is the reference for every other divergence of attention: a smaller one is within the variance
    between seeds.

    Args:
        maps: for each seed, attention maps `(keys,)` of the same examples in the same order; those of an
            image are flattened.
        distance: between two maps.

    Returns:
        `(examples,)`, the mean over all pairs of seeds; of Jensen-Shannon divergences, from 0 to ln 2.

    Raises:
        ValueError: if there are fewer than two seeds, or the numbers of examples differ.

    Example:
        >>> seed_divergence([[[1.0, 0.0]], [[1.0, 0.0]], [[0.0, 1.0]]]).round(3).tolist()
        [0.462]

    Reference:
        Wiegreffe and Pinter 2019, Attention is not not Explanation, section 3.3.
    """
    counts = [len(seed_maps) for seed_maps in maps]
    if len(maps) < 2 or len(set(counts)) > 1:
        raise ValueError(
            f"`maps` must hold the same examples for each of at least two seeds. Received: {counts} maps"
        )
    pairs = list(itertools.combinations(range(len(maps)), 2))
    return np.array(
        [np.mean([distance(example[a], example[b]) for a, b in pairs]) for example in zip(*maps, strict=True)]
    )

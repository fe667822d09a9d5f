"""Would another seed have looked elsewhere?"""

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from ..evaluation.baselines import AttentionMaps
from ..evaluation.divergences import jensen_shannon


def seed_divergence(
    maps: Sequence[AttentionMaps] | np.ndarray,
    distance: Callable[[np.ndarray, np.ndarray], np.ndarray] = jensen_shannon,
) -> np.ndarray:
    """How far the maps of models that differ in their seed alone are apart, on average over all pairs.

    It is the yardstick of every other drift: a change that moves attention less than another seed does
    has not moved it.

    Args:
        maps: for each seed, of the same examples in the same order, weights `(keys,)`; those of a picture
            as one row.
        distance: between two maps.

    Returns:
        `(examples,)`; of Jensen-Shannon divergences, from 0 to ln 2.

    Raises:
        ValueError: where there are fewer than two seeds, or maps do not fit each other.

    Example:
        >>> seed_divergence([[[1.0, 0.0]], [[1.0, 0.0]], [[0.0, 1.0]]]).round(3).tolist()
        [0.462]

    Reference:
        Wiegreffe and Pinter, Attention is not not Explanation (2019), section 3.3.
    """
    if len(maps) < 2 or len({len(of_seed) for of_seed in maps}) > 1:
        raise ValueError(
            "Expected maps of at least two seeds, of the same examples. "
            f"Received: {[len(of_seed) for of_seed in maps]} maps."
        )
    pairs = list(itertools.combinations(range(len(maps)), 2))
    return np.array(
        [np.mean([distance(example[a], example[b]) for a, b in pairs]) for example in zip(*maps, strict=True)]
    )

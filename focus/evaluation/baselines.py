"""Maps that know nothing: what any claim about attention is to be held beside."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .bootstrap import ConfidenceInterval, bootstrap_interval

AttentionMaps = Sequence[Any] | np.ndarray  # for each example its weights


class BaselineComparison(NamedTuple):
    """What a measure says of maps and of each control.

    value: the mean over the examples. controls: the same, of each control by its name. gains: by how
    much the maps beat each control, example by example.
    """

    value: ConfidenceInterval
    baselines: dict[str, ConfidenceInterval]
    improvements: dict[str, ConfidenceInterval]


def baseline_maps(maps: AttentionMaps, seed: int = 0) -> dict[str, list[np.ndarray]]:
    """For each map others of the same shape that were made without a model.

    - `uniform`: all the same;
    - `random`: drawn from all maps alike (a flat Dirichlet distribution);
    - `first`, `last`: falling, rising in the order of the keys (of regions: row by row);
    - `centre`: falling with the distance from the middle.

    Args:
        maps: for each example weights `(keys,)`, or `(rows, columns)` of a picture, without padding.
        seed: of the random ones.

    Returns:
        The maps of each control by its name; each sums to 1, and one without keys is empty.

    Raises:
        ValueError: where a map is neither of keys nor of rows and columns.

    Example:
        >>> found = baseline_maps([np.array([0.2, 0.7, 0.1])])
        >>> list(found)
        ['uniform', 'random', 'first', 'last', 'centre']
        >>> found["first"][0].round(2).tolist(), found["centre"][0].tolist()
        ([0.5, 0.33, 0.17], [0.25, 0.5, 0.25])
    """
    rng = np.random.default_rng(seed)
    shapes = [np.shape(one) for one in maps]
    unfit = [shape for shape in shapes if len(shape) not in (1, 2)]
    if unfit:
        raise ValueError(f"Expected maps of shape (keys,) or (rows, columns). Received: {unfit[0]}.")
    makers = {
        "uniform": np.ones,
        "random": rng.standard_exponential,
        "first": lambda shape: _counted(shape)[::-1].reshape(shape),
        "last": lambda shape: _counted(shape).reshape(shape),
        "centre": _nearness,
    }
    return {name: [_normalized(make(shape)) for shape in shapes] for name, make in makers.items()}


def compare_with_baselines(
    measure: Callable[[AttentionMaps], np.ndarray], maps: AttentionMaps, seed: int = 0
) -> BaselineComparison:
    """What a measure says of maps, beside what it says of maps that know nothing.

    Args:
        measure: from maps to a number for each example, `(examples,)`; NaN where it has none.
        maps: see `baseline_maps`.
        seed: of the random control and of the bootstrap.

    Returns:
        A `BaselineComparison`, with bootstrap intervals at 95 % around every mean: see `bootstrap_interval`.

    Example:
        >>> maps = [np.array([0.1, 0.9]), np.array([0.3, 0.7]), np.array([0.2, 0.8])]
        >>> found = compare_with_baselines(lambda maps: np.array([one[1] for one in maps]), maps)
        >>> round(found.value.value, 2), round(found.improvements["uniform"].value, 2)
        (0.8, 0.3)
    """
    ours = np.asarray(measure(maps), dtype=float)
    theirs = {
        name: np.asarray(measure(made), dtype=float) for name, made in baseline_maps(maps, seed).items()
    }
    return BaselineComparison(
        value=bootstrap_interval(ours, seed=seed),
        baselines={name: bootstrap_interval(values, seed=seed) for name, values in theirs.items()},
        improvements={name: bootstrap_interval(ours - values, seed=seed) for name, values in theirs.items()},
    )


def _counted(shape: tuple) -> np.ndarray:
    """1, 2, ... for each key."""
    return np.arange(1.0, np.prod(shape, dtype=int) + 1)


def _nearness(shape: tuple) -> np.ndarray:
    """The more the nearer to the middle, and something everywhere."""
    from_middle = [np.abs(np.arange(side) - (side - 1) / 2) for side in shape]
    distance = np.sum(np.meshgrid(*from_middle, indexing="ij"), axis=0)
    return distance.max(initial=0) + 1 - distance


def _normalized(weights: np.ndarray) -> np.ndarray:
    return weights / max(weights.sum(), np.finfo(float).tiny)

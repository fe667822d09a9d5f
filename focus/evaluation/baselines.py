"""Baseline attention maps: uniform, random, first, last, centre."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..records.focus_record import FocusRecord
from .attention_maps import AttentionMaps
from .bootstrap import ConfidenceInterval, bootstrap_interval


class BaselineComparison(NamedTuple):
    """A measure of attention maps compared with the same measure of baseline maps.

    Attributes:
        value: the mean over the examples.
        baselines: the mean of each baseline by name.
        improvements: the mean gain over each baseline, example by example: positive where the attention is
            better than the baseline.
        higher_is_better: whether high values of the measure are good.
    """

    value: ConfidenceInterval
    baselines: dict[str, ConfidenceInterval]
    improvements: dict[str, ConfidenceInterval]
    higher_is_better: bool = True

    def verdict(self) -> str:
        """State which baselines the attention exceeds: those whose interval of the gain lies above 0.

        Example:
            >>> gains = {
            ...     "uniform": ConfidenceInterval(0.2, 0.1, 0.3),
            ...     "first": ConfidenceInterval(0.1, -0.1, 0.2),
            ...     "last": ConfidenceInterval(-0.2, -0.3, -0.1)}
            >>> BaselineComparison(ConfidenceInterval(0.5, 0.4, 0.6), {}, gains).verdict()
            'better than uniform; not distinguishable from first; worse than last'
        """
        groups = {
            "better than": [name for name, gain in self.improvements.items() if gain.low > 0],
            "not distinguishable from": [
                name for name, gain in self.improvements.items() if not (gain.low > 0 or gain.high < 0)
            ],
            "worse than": [name for name, gain in self.improvements.items() if gain.high < 0],
        }
        return "; ".join(f"{relation} {', '.join(names)}" for relation, names in groups.items() if names)


def baseline_maps(
    maps: AttentionMaps, names: Sequence[str] | None = None, seed: int = 0
) -> dict[str, list[np.ndarray]]:
    """Create baseline maps of the same shapes as attention maps, without a model.

    - `uniform`: equal weights;
    - `random`: drawn from a flat Dirichlet distribution;
    - `first`, `last`: decreasing or increasing in the order of the keys (regions: row by row);
    - `centre`: decreasing with the distance to the centre.

    Args:
        maps: for each example weights `(keys,)`, or `(rows, columns)` of an image, without padding.
        names: of the baselines; all when None.
        seed: of the random maps.

    Returns:
        The maps of each baseline by name. Each map sums to 1; one without keys is empty.

    Raises:
        ValueError: if a map has another rank, or a name is unknown.

    Example:
        >>> baselines = baseline_maps([np.array([0.2, 0.7, 0.1])])
        >>> list(baselines)
        ['uniform', 'random', 'first', 'last', 'centre']
        >>> baselines["first"][0].round(2).tolist(), baselines["centre"][0].tolist()
        ([0.5, 0.33, 0.17], [0.25, 0.5, 0.25])
    """
    names = list(BASELINES) if names is None else names
    shapes = [np.shape(weights) for weights in maps]
    invalid = [shape for shape in shapes if len(shape) not in (1, 2)]
    if invalid:
        raise ValueError(
            f"`maps` must have shapes (keys,) or (rows, columns). Received: map.shape={invalid[0]}"
        )
    _check_names(names)
    generators = {name: np.random.default_rng(seed) for name in names}
    return {
        name: [_normalize(BASELINES[name](generators[name], shape)) for shape in shapes] for name in names
    }


def baseline_record(record: FocusRecord, name: str, rng: np.random.Generator) -> FocusRecord:
    """Create the record of a baseline with the axes of another record.

    Args:
        record: weights `(batch, heads, queries, keys)`.
        name: of the baseline.
        rng: draws the weights of `random`.

    Returns:
        A record of the layer `"baseline: <name>"` with weights `(batch, 1, queries, keys)`, without mask and
        gate. Every row sums to 1.

    Raises:
        ValueError: if the name is unknown.

    Example:
        >>> record = FocusRecord("attention", np.ones((1, 2, 1, 4)))
        >>> baseline = baseline_record(record, "uniform", np.random.default_rng(0))
        >>> baseline.layer, baseline.weights.tolist()
        ('baseline: uniform', [[[[0.25, 0.25, 0.25, 0.25]]]])
    """
    _check_names([name])
    batch, _, queries, keys = record.weights.shape
    rows = [_normalize(BASELINES[name](rng, (keys,))) for _ in range(batch * queries)]
    weights = np.reshape(rows, (batch, 1, queries, keys))
    return replace(record, layer=f"baseline: {name}", weights=weights, mask=None, gate=None)


def compare_with_baselines(
    measure: Callable[[AttentionMaps], np.ndarray],
    maps: AttentionMaps,
    seed: int = 0,
    higher_is_better: bool = True,
) -> BaselineComparison:
    """Compare a measure of attention maps with the same measure of every baseline.

    Args:
        measure: function from maps to a number for each example, `(examples,)`; NaN if undefined.
        maps: as in `baseline_maps`.
        seed: of the random baseline and of the bootstrap.
        higher_is_better: whether high values of the measure are good; False for `sufficiency`.

    Returns:
        A `BaselineComparison` with 95 % bootstrap intervals of every mean: see `bootstrap_interval`.

    Example:
        >>> maps = [np.array([0.1, 0.9]), np.array([0.3, 0.7]), np.array([0.2, 0.8])]
        >>> result = compare_with_baselines(lambda maps: np.array([row[1] for row in maps]), maps)
        >>> round(result.value.value, 2), round(result.improvements["uniform"].value, 2)
        (0.8, 0.3)
    """
    values = np.asarray(measure(maps), dtype=float)
    sign = 1 if higher_is_better else -1
    baselines = {
        name: np.asarray(measure(made), dtype=float) for name, made in baseline_maps(maps, seed=seed).items()
    }
    return BaselineComparison(
        value=bootstrap_interval(values, seed=seed),
        baselines={name: bootstrap_interval(baseline, seed=seed) for name, baseline in baselines.items()},
        improvements={
            name: bootstrap_interval(sign * (values - baseline), seed=seed)
            for name, baseline in baselines.items()
        },
        higher_is_better=higher_is_better,
    )


def _check_names(names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in BASELINES]
    if unknown:
        raise ValueError(f"`names` must be of {list(BASELINES)}. Received: {unknown}")


def _ranks(shape: tuple[int, ...]) -> np.ndarray:
    """1, 2, ... in the order of the keys, row by row."""
    return np.arange(1.0, np.prod(shape, dtype=int) + 1)


def _centrality(shape: tuple[int, ...]) -> np.ndarray:
    """Positive weights that decrease with the distance to the centre."""
    offsets = [np.abs(np.arange(side) - (side - 1) / 2) for side in shape]
    distance = np.sum(np.meshgrid(*offsets, indexing="ij"), axis=0)
    return distance.max(initial=0) + 1 - distance


def _normalize(weights: np.ndarray) -> np.ndarray:
    return weights / max(weights.sum(), np.finfo(float).tiny)


BASELINES: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "uniform": lambda rng, shape: np.ones(shape),
    "random": lambda rng, shape: rng.standard_exponential(shape),
    "first": lambda rng, shape: _ranks(shape)[::-1].reshape(shape),
    "last": lambda rng, shape: _ranks(shape).reshape(shape),
    "centre": lambda rng, shape: _centrality(shape),
}
"""Baselines: functions of a random generator and a shape to weights that are not normalized."""

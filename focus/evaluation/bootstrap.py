"""How sure a mean is: bootstrap intervals."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

NUM_RESAMPLES = 9_999
BATCH = 10_000_000  # numbers that are held at once


class ConfidenceInterval(NamedTuple):
    """A value, and between which two it lies at the level that was asked for."""

    value: float
    low: float
    high: float


def bootstrap_interval(
    *values: npt.ArrayLike,
    statistic: Callable[..., np.ndarray] = np.mean,
    confidence_level: float = 0.95,
    num_resamples: int = NUM_RESAMPLES,
    seed: int = 0,
) -> ConfidenceInterval:
    """A statistic over examples with its bootstrap interval (Efron 1979; percentiles).

    The examples, not the words in them, are drawn again. That of a difference is that of the differences:
    `bootstrap_interval(ours - theirs)` is the paired bootstrap.

    Args:
        values: `(examples,)`, one array for each argument of the statistic; they are drawn together.
            An example without a value has NaN in one of them, and does not count.
        statistic: a function of the arrays and of an `axis`, such as `np.mean`.
        confidence_level: how much of what is drawn lies within.
        num_resamples: how often it is drawn.
        seed: of the draws.

    Returns:
        An `ConfidenceInterval`. One example alone has no width to be known: NaN on both sides.

    Raises:
        ValueError: where no example has a value, or the arrays are not of one length.

    Example:
        >>> value, low, high = bootstrap_interval([0.0, 1.0, 1.0, 1.0])
        >>> value, low, high
        (0.75, 0.25, 1.0)

    Reference: Efron, Bootstrap Methods: Another Look at the Jackknife (1979).
    """
    arrays = [np.asarray(one, dtype=float) for one in values]
    lengths = {one.shape for one in arrays}
    if len(lengths) != 1 or arrays[0].ndim != 1:
        raise ValueError(f"Expected arrays of shape (examples,), of one length. Received: {lengths}.")
    counted = ~np.isnan(arrays).any(axis=0)
    arrays = [one[counted] for one in arrays]
    count = len(arrays[0])
    if count == 0:
        raise ValueError("Expected at least one example that has a value. Received: none.")
    value = float(statistic(*arrays, axis=-1))
    if count == 1:
        return ConfidenceInterval(value, np.nan, np.nan)
    bounds = stats.bootstrap(
        arrays,
        statistic,
        n_resamples=num_resamples,
        batch=max(1, BATCH // count),
        vectorized=True,
        paired=len(arrays) > 1,
        confidence_level=confidence_level,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return ConfidenceInterval(value, float(bounds.low), float(bounds.high))

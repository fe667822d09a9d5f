"""Bootstrap confidence intervals (Efron 1979)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...optional_dependencies import optional_dependency

NUM_RESAMPLES = 9_999
MAX_BATCH_VALUES = 10_000_000  # values in memory at once


class ConfidenceInterval(NamedTuple):
    """A value with the lower and upper bound of its confidence interval."""

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
    """Compute a statistic over examples with its percentile bootstrap interval (Efron 1979).

    The examples, not the words in them, are resampled. `bootstrap_interval(a - b)` is the paired bootstrap
    of a difference.

    Args:
        values: `(examples,)`, one array for each argument of the statistic; they are resampled jointly.
            An example with NaN in one of them is left out.
        statistic: a function of the arrays and of an `axis`, such as `np.mean`.
        confidence_level: of the interval.
        num_resamples: the number of bootstrap samples.
        seed: of the resampling.

    Returns:
        A `ConfidenceInterval`. With a single example both bounds are NaN.

    Raises:
        ValueError: if no example has a value, or the arrays do not have one shape `(examples,)`.

    Example:
        >>> value, low, high = bootstrap_interval([0.0, 1.0, 1.0, 1.0])
        >>> value, low, high
        (0.75, 0.25, 1.0)

    Reference:
        Efron 1979, Bootstrap Methods: Another Look at the Jackknife.
    """
    with optional_dependency("focus"):
        from scipy import stats

    arrays = [np.asarray(array, dtype=float) for array in values]
    shapes = {array.shape for array in arrays}
    if len(shapes) != 1 or arrays[0].ndim != 1:
        raise ValueError(f"`values` must have one shape (examples,). Received: shapes {sorted(shapes)}")
    valid = ~np.isnan(arrays).any(axis=0)
    arrays = [array[valid] for array in arrays]
    count = len(arrays[0])
    if count == 0:
        raise ValueError("`values` must have a value for at least one example. Received: no values")
    value = float(statistic(*arrays, axis=-1))
    if count == 1:
        return ConfidenceInterval(value, np.nan, np.nan)
    bounds = stats.bootstrap(
        arrays,
        statistic,
        n_resamples=num_resamples,
        batch=max(1, MAX_BATCH_VALUES // count),
        vectorized=True,
        paired=len(arrays) > 1,
        confidence_level=confidence_level,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return ConfidenceInterval(value, float(bounds.low), float(bounds.high))

import itertools

import numpy as np
import pytest

from foveal.focus import ConfidenceInterval, bootstrap_interval


def test_bootstrap_interval_matches_exhaustive_resampling():
    values = np.array([0.0, 1.0, 5.0, 7.0])
    means = [np.mean(sample) for sample in itertools.product(values, repeat=4)]
    interval = bootstrap_interval(values)
    assert interval.value == np.mean(values)
    assert (interval.low, interval.high) == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])), abs=0.26)


def test_bootstrap_interval_width_matches_normal_limit():
    values = np.random.default_rng(0).normal(size=400)
    interval = bootstrap_interval(values, confidence_level=0.9)
    assert interval.high - interval.low == pytest.approx(2 * 1.645 * values.std() / 20, rel=0.05)


def test_bootstrap_interval_covers_truth_at_confidence_level():
    rng = np.random.default_rng(1)
    num_covering = 0
    for seed in range(200):
        interval = bootstrap_interval(
            rng.exponential(size=60), confidence_level=0.9, num_resamples=400, seed=seed
        )
        num_covering += interval.low <= 1 <= interval.high
    assert 0.82 <= num_covering / 200 <= 0.95


def test_bootstrap_interval_resamples_arrays_jointly():
    first = np.random.default_rng(2).random(50)
    interval = bootstrap_interval(first, first + 1, statistic=lambda a, b, axis: np.mean(b - a, axis=axis))
    assert interval == pytest.approx((1, 1, 1))


def test_bootstrap_interval_ignores_nan():
    assert bootstrap_interval([1.0, np.nan, 3.0]) == bootstrap_interval([1.0, 3.0])
    assert (
        bootstrap_interval([1.0, 2.0], [np.nan, 5.0], statistic=lambda a, b, axis: np.mean(b, axis))[0] == 5
    )


def test_bootstrap_interval_depends_on_seed():
    values = np.random.default_rng(3).random(9)
    assert (
        bootstrap_interval(values, seed=1)
        == bootstrap_interval(values, seed=1)
        != bootstrap_interval(values, seed=2)
    )


def test_bootstrap_interval_of_one_example_is_nan_and_of_none_raises():
    interval = bootstrap_interval([0.5])
    assert isinstance(interval, ConfidenceInterval)
    assert interval.value == 0.5
    assert np.isnan(interval.low)
    assert np.isnan(interval.high)
    with pytest.raises(ValueError, match="a value for at least one example"):
        bootstrap_interval([np.nan])
    with pytest.raises(ValueError, match="one shape"):
        bootstrap_interval([1.0], [1.0, 2.0])

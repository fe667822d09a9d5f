import itertools

import numpy as np
import pytest

from foveal.focus import ConfidenceInterval, bootstrap_interval


def test_bounds_are_the_percentiles_of_all_samples_there_are():
    values = np.array([0.0, 1.0, 5.0, 7.0])
    means = [np.mean(drawn) for drawn in itertools.product(values, repeat=4)]
    found = bootstrap_interval(values)
    assert found.value == np.mean(values)
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])), abs=0.26)


def test_the_width_is_that_of_the_normal_limit():
    values = np.random.default_rng(0).normal(size=400)
    found = bootstrap_interval(values, confidence_level=0.9)
    assert found.high - found.low == pytest.approx(2 * 1.645 * values.std() / 20, rel=0.05)


def test_nine_in_ten_intervals_hold_the_truth():
    rng = np.random.default_rng(1)
    held = 0
    for seed in range(200):
        found = bootstrap_interval(
            rng.exponential(size=60), confidence_level=0.9, num_resamples=400, seed=seed
        )
        held += found.low <= 1 <= found.high
    assert 0.82 <= held / 200 <= 0.95


def test_a_statistic_of_two_draws_its_examples_together():
    first = np.random.default_rng(2).random(50)
    found = bootstrap_interval(first, first + 1, statistic=lambda a, b, axis: np.mean(b - a, axis=axis))
    assert found == pytest.approx((1, 1, 1))


def test_examples_without_a_value_do_not_count():
    assert bootstrap_interval([1.0, np.nan, 3.0]) == bootstrap_interval([1.0, 3.0])
    assert (
        bootstrap_interval([1.0, 2.0], [np.nan, 5.0], statistic=lambda a, b, axis: np.mean(b, axis))[0] == 5
    )


def test_the_seed_decides():
    values = np.random.default_rng(3).random(9)
    assert (
        bootstrap_interval(values, seed=1)
        == bootstrap_interval(values, seed=1)
        != bootstrap_interval(values, seed=2)
    )


def test_one_example_has_no_width_and_none_is_an_error():
    found = bootstrap_interval([0.5])
    assert isinstance(found, ConfidenceInterval)
    assert found.value == 0.5
    assert np.isnan(found.low)
    assert np.isnan(found.high)
    with pytest.raises(ValueError, match="at least one example that has a value"):
        bootstrap_interval([np.nan])
    with pytest.raises(ValueError, match="of one length"):
        bootstrap_interval([1.0], [1.0, 2.0])

import numpy as np
import pytest

from foveal.focus import (
    average_precision,
    baseline_maps,
    compare_with_baselines,
    mean_gold_fraction,
    token_precision_recall,
    top_fraction_mask,
)


def average_precision_by_thresholds(weights, gold):
    """Mean precision at the threshold of each gold token."""
    thresholds = weights[gold]
    return np.mean([gold[weights >= threshold].mean() for threshold in thresholds])


def test_average_precision_matches_definition():
    rng = np.random.default_rng(0)
    maps = [rng.integers(0, 5, size) / 4 for size in (4, 7, 20)]
    gold = [np.arange(len(weights)) % 3 == 0 for weights in maps]
    expected = list(map(average_precision_by_thresholds, maps, gold))
    np.testing.assert_allclose(average_precision(maps, gold), expected)


def test_baselines_score_expected_values():
    # a tenth of the tokens is gold: the precision of a constant map, and about that of the others
    rng = np.random.default_rng(1)
    gold = [np.isin(np.arange(200), rng.choice(200, 20, replace=False)) for _ in range(60)]
    result = compare_with_baselines(
        lambda maps: average_precision(maps, gold), [mask.astype(float) for mask in gold]
    )
    assert result.value.value == 1
    assert result.baselines["uniform"].value == pytest.approx(0.1)
    for name in ("random", "first", "last"):
        assert result.baselines[name].value == pytest.approx(0.12, abs=0.02)
    # the precision of a random fraction is the fraction of gold, with any ties
    for maps in baseline_maps(gold).values():
        precision = token_precision_recall(top_fraction_mask(maps, 0.1), gold).precision
        assert precision.mean() == pytest.approx(0.1, abs=0.03)


def test_average_precision_without_gold_is_nan():
    np.testing.assert_array_equal(
        average_precision([[0.5, 0.5], [0.1, 0.9]], [[False, False], [True, True]]), [np.nan, 1]
    )


def test_top_fraction_mask_rounds_up():
    weights = np.array([0.05, 0.3, 0.1, 0.35, 0.2])
    assert np.flatnonzero(top_fraction_mask([weights], 0.4)[0]).tolist() == [1, 3]
    assert np.flatnonzero(top_fraction_mask([weights], 0.41)[0]).tolist() == [1, 3, 4]
    assert np.flatnonzero(top_fraction_mask([weights], 0.01)[0]).tolist() == [3]
    assert top_fraction_mask([weights], 1.0)[0].all()
    assert top_fraction_mask([[]], 0.5)[0].tolist() == []


def test_mean_gold_fraction_ignores_examples_without_gold():
    assert mean_gold_fraction([[True, False], [True, False, False, False], [False]]) == pytest.approx(3 / 8)
    with pytest.raises(ValueError, match="with gold"):
        mean_gold_fraction([[False]])


def test_invalid_maps_or_fraction_raise():
    with pytest.raises(ValueError, match="NaN"):
        average_precision([[np.nan, 1.0]], [[True, False]])
    with pytest.raises(ValueError, match="NaN"):
        top_fraction_mask([[np.nan, 1.0]], 0.5)
    with pytest.raises(ValueError, match=r"map.shape=\(2,\), gold.shape=\(3,\)"):
        average_precision([[0.5, 0.5]], [[True, False, False]])
    with pytest.raises(ValueError, match="lengths 1 and 0"):
        average_precision([[0.5, 0.5]], [])
    with pytest.raises(ValueError, match=r"Received: fraction=0\.0"):
        top_fraction_mask([[0.5, 0.5]], 0.0)

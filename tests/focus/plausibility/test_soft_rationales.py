import numpy as np
import pytest

from foveal.focus import (
    auprc,
    baseline_maps,
    compare_with_baselines,
    mean_gold_fraction,
    token_precision_recall,
    top_fraction_mask,
)


def by_thresholds(weights, gold):
    """The curve from its definition, its area by trapezoids."""
    points = [(0.0, 1.0)]
    for threshold in sorted(set(weights), reverse=True):
        chosen = weights >= threshold
        right = (chosen & gold).sum()
        points.append((right / gold.sum(), right / chosen.sum()))
    recall, precision = np.array(points).T
    return np.trapezoid(precision, recall)


def test_it_is_the_area_under_the_curve_from_its_definition():
    rng = np.random.default_rng(0)
    maps = [rng.integers(0, 5, size) / 4 for size in (4, 7, 20)]
    gold = [np.arange(len(one)) % 3 == 0 for one in maps]
    np.testing.assert_allclose(auprc(maps, gold), list(map(by_thresholds, maps, gold)))


def test_controls_score_what_theory_says():
    # gold is a tenth, anywhere: chance ranks it with an area near a tenth, a constant map has (1 + 0.1) / 2
    rng = np.random.default_rng(1)
    gold = [np.isin(np.arange(200), rng.choice(200, 20, replace=False)) for _ in range(60)]
    found = compare_with_baselines(lambda maps: auprc(maps, gold), [one.astype(float) for one in gold])
    assert found.value.value == 1
    assert found.baselines["uniform"].value == pytest.approx(0.55)
    for name in ("random", "first", "last"):
        assert found.baselines[name].value == pytest.approx(0.12, abs=0.02)
    # a share chosen by chance is right as often as gold is there, whatever the ties
    for maps in baseline_maps(gold).values():
        right = token_precision_recall(top_fraction_mask(maps, 0.1), gold).precision
        assert right.mean() == pytest.approx(0.1, abs=0.03)


def test_without_gold_there_is_no_curve():
    np.testing.assert_array_equal(
        auprc([[0.5, 0.5], [0.1, 0.9]], [[False, False], [True, True]]), [np.nan, 1]
    )


def test_the_share_of_the_highest_is_chosen_rounded_up():
    weights = np.array([0.05, 0.3, 0.1, 0.35, 0.2])
    assert np.flatnonzero(top_fraction_mask([weights], 0.4)[0]).tolist() == [1, 3]
    assert np.flatnonzero(top_fraction_mask([weights], 0.41)[0]).tolist() == [1, 3, 4]
    assert np.flatnonzero(top_fraction_mask([weights], 0.01)[0]).tolist() == [3]
    assert top_fraction_mask([weights], 1.0)[0].all()
    assert top_fraction_mask([[]], 0.5)[0].tolist() == []


def test_the_share_of_people_is_the_mean_of_texts_with_gold():
    assert mean_gold_fraction([[True, False], [True, False, False, False], [False]]) == pytest.approx(3 / 8)
    with pytest.raises(ValueError, match="with gold"):
        mean_gold_fraction([[False]])


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="NaN"):
        auprc([[np.nan, 1.0]], [[True, False]])
    with pytest.raises(ValueError, match="NaN"):
        top_fraction_mask([[np.nan, 1.0]], 0.5)
    with pytest.raises(ValueError, match=r"\(2,\), \(3,\)"):
        auprc([[0.5, 0.5]], [[True, False, False]])
    with pytest.raises(ValueError, match="1 maps, 0 gold"):
        auprc([[0.5, 0.5]], [])
    with pytest.raises(ValueError, match=r"Received: 0\.0"):
        top_fraction_mask([[0.5, 0.5]], 0.0)

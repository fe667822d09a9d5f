import numpy as np
import pytest

from foveal.focus import (
    BaselineComparison,
    ConfidenceInterval,
    FocusRecord,
    baseline_maps,
    compare_with_baselines,
)
from foveal.focus.evaluation import BASELINES, baseline_record

MAPS = [np.array([0.2, 0.5, 0.3]), np.ones((2, 4)) / 8, np.zeros(0)]


def test_baseline_maps_have_shapes_of_maps_and_sum_to_one():
    for made in baseline_maps(MAPS).values():
        assert [weights.shape for weights in made] == [(3,), (2, 4), (0,)]
        np.testing.assert_allclose([weights.sum() for weights in made], [1, 1, 0])
        assert (made[0] > 0).all()


def test_baseline_maps_peak_by_name():
    made = baseline_maps([np.ones(5), np.ones((3, 5))])
    np.testing.assert_allclose(made["uniform"][1], 1 / 15)
    assert [weights.argmax() for weights in made["first"]] == [0, 0]
    assert [weights.argmax() for weights in made["last"]] == [4, 14]
    assert [weights.argmax() for weights in made["centre"]] == [2, 7]
    np.testing.assert_allclose(made["centre"][0], made["centre"][0][::-1])
    np.testing.assert_allclose(made["centre"][1], made["centre"][1][::-1, ::-1])


def test_random_baseline_is_flat_dirichlet():
    maps = [np.ones(4)] * 4000
    drawn = np.stack(baseline_maps(maps, seed=1)["random"])
    np.testing.assert_array_equal(drawn, baseline_maps(maps, seed=1)["random"])
    assert not np.allclose(drawn, baseline_maps(maps, seed=2)["random"])
    np.testing.assert_allclose(drawn.mean(axis=0), 1 / 4, atol=0.01)
    np.testing.assert_allclose(drawn.var(axis=0), 3 / (16 * 5), atol=0.003)  # of a flat Dirichlet


def test_baseline_maps_invalid_rank_raises():
    with pytest.raises(ValueError, match=r"Received: map.shape=\(1, 2, 3\)"):
        baseline_maps([np.ones((1, 2, 3))])


def test_compare_with_baselines_measures_maps_and_baselines():
    maps = list(np.random.default_rng(0).dirichlet([1, 1, 8], 30))
    result = compare_with_baselines(lambda maps: np.array([row[2] for row in maps]), maps)
    values = np.array([row[2] for row in maps])
    assert result.value.value == pytest.approx(values.mean())
    assert result.baselines["uniform"] == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert result.baselines["first"].value == pytest.approx(1 / 6)
    improvement = result.improvements["uniform"]
    assert improvement == pytest.approx(np.subtract(result.value, 1 / 3))
    assert improvement.low > 0
    random = np.array([row[2] for row in baseline_maps(maps)["random"]])
    assert result.improvements["random"].value == pytest.approx((values - random).mean())


def test_gain_is_positive_where_lower_is_better_and_attention_is_lower():
    maps = [np.array([0.1, 0.2, 0.7])] * 5
    result = compare_with_baselines(
        lambda maps: np.array([row[0] for row in maps]), maps, higher_is_better=False
    )
    assert result.improvements["uniform"].value == pytest.approx(1 / 3 - 0.1)
    assert result.improvements["last"].value == pytest.approx(1 / 6 - 0.1)
    assert result.verdict() == "better than uniform, random, first, last, centre"


def test_verdict_groups_baselines_by_interval():
    gains = {
        "uniform": ConfidenceInterval(0.1, 0.05, 0.2),
        "random": ConfidenceInterval(0.1, 0.0, 0.2),
        "first": ConfidenceInterval(-0.1, -0.2, -0.05),
        "last": ConfidenceInterval(0.1, np.nan, np.nan),
    }
    verdict = BaselineComparison(gains["uniform"], {}, gains).verdict()
    assert verdict == "better than uniform; not distinguishable from random, last; worse than first"


def test_compare_with_baselines_ignores_nan():
    def measure(maps):
        return np.array([np.nan, maps[1][0], maps[2][0]])

    result = compare_with_baselines(measure, [np.ones(2) / 2] * 3)
    assert result.value == (0.5, 0.5, 0.5)


def test_baseline_maps_of_selected_names_equal_those_of_all():
    selected = baseline_maps(MAPS, names=("random", "uniform"), seed=3)
    assert list(selected) == ["random", "uniform"]
    for name, maps in selected.items():
        for actual, expected in zip(maps, baseline_maps(MAPS, seed=3)[name], strict=True):
            np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("name", BASELINES)
def test_baseline_record_has_one_baseline_map_per_query(name):
    record = FocusRecord("attention", np.ones((2, 3, 4, 5)), mask=np.ones(5, bool), gate=np.ones((2, 3, 4)))
    baseline = baseline_record(record, name, np.random.default_rng(7))
    assert (baseline.layer, baseline.mask, baseline.gate) == (f"baseline: {name}", None, None)
    expected = np.reshape(baseline_maps(np.ones((8, 5)), [name], seed=7)[name], (2, 1, 4, 5))
    np.testing.assert_array_equal(baseline.weights, expected)


def test_unknown_baseline_raises():
    record = FocusRecord("attention", np.ones((1, 1, 1, 2)))
    with pytest.raises(ValueError, match=r"must be of .*'uniform'.* Received: \['gold'\]"):
        baseline_maps(MAPS, names=["gold"])
    with pytest.raises(ValueError, match=r"Received: \['gold'\]"):
        baseline_record(record, "gold", np.random.default_rng(0))

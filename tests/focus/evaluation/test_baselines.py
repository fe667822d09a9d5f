import numpy as np
import pytest

from foveal.focus import baseline_maps, compare_with_baselines

MAPS = [np.array([0.2, 0.5, 0.3]), np.ones((2, 4)) / 8, np.zeros(0)]


def test_controls_have_the_shapes_of_the_maps_and_sum_to_one():
    for made in baseline_maps(MAPS).values():
        assert [one.shape for one in made] == [(3,), (2, 4), (0,)]
        np.testing.assert_allclose([one.sum() for one in made], [1, 1, 0])
        assert (made[0] > 0).all()


def test_each_control_looks_where_its_name_says():
    made = baseline_maps([np.ones(5), np.ones((3, 5))])
    np.testing.assert_allclose(made["uniform"][1], 1 / 15)
    assert [one.argmax() for one in made["first"]] == [0, 0]
    assert [one.argmax() for one in made["last"]] == [4, 14]
    assert [one.argmax() for one in made["centre"]] == [2, 7]
    np.testing.assert_allclose(made["centre"][0], made["centre"][0][::-1])
    np.testing.assert_allclose(made["centre"][1], made["centre"][1][::-1, ::-1])


def test_random_maps_are_drawn_by_the_seed_from_all_maps_alike():
    many = [np.ones(4)] * 4000
    drawn = np.stack(baseline_maps(many, seed=1)["random"])
    np.testing.assert_array_equal(drawn, baseline_maps(many, seed=1)["random"])
    assert not np.allclose(drawn, baseline_maps(many, seed=2)["random"])
    np.testing.assert_allclose(drawn.mean(axis=0), 1 / 4, atol=0.01)
    np.testing.assert_allclose(drawn.var(axis=0), 3 / (16 * 5), atol=0.003)  # of a flat Dirichlet


def test_maps_of_another_rank_are_refused():
    with pytest.raises(ValueError, match=r"Received: \(1, 2, 3\)"):
        baseline_maps([np.ones((1, 2, 3))])


def test_a_measure_is_taken_of_the_maps_and_of_each_control():
    maps = list(np.random.default_rng(0).dirichlet([1, 1, 8], 30))
    found = compare_with_baselines(lambda maps: np.array([one[2] for one in maps]), maps)
    ours = np.array([one[2] for one in maps])
    assert found.value.value == pytest.approx(ours.mean())
    assert found.baselines["uniform"] == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert found.baselines["first"].value == pytest.approx(1 / 6)
    gain = found.improvements["uniform"]
    assert gain == pytest.approx(np.subtract(found.value, 1 / 3))
    assert gain.low > 0
    random = np.array([one[2] for one in baseline_maps(maps)["random"]])
    assert found.improvements["random"].value == pytest.approx((ours - random).mean())


def test_examples_without_a_value_do_not_count():
    def measure(maps):
        return np.array([np.nan, maps[1][0], maps[2][0]])

    found = compare_with_baselines(measure, [np.ones(2) / 2] * 3)
    assert found.value == (0.5, 0.5, 0.5)

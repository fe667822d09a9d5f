import numpy as np
import pytest

from foveal.focus.measures import mean_distance

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4))


def test_it_is_the_sum_over_all_pairs():
    expected = sum(WEIGHTS[..., j] * np.abs(np.arange(4) - j) for j in range(5))
    np.testing.assert_allclose(mean_distance(WEIGHTS), expected)


def test_places_may_be_points_of_a_picture():
    here, there = np.array([[0.0, 0.0]]), np.array([[0.0, 0.0], [3.0, 4.0]])
    assert mean_distance([[0.5, 0.5]], queries=here, keys=there).tolist() == [2.5]


def test_what_is_masked_is_not_looked_at():
    assert mean_distance([[0.5, 0.25, 0.25]], mask=[True, False, True]).tolist() == [pytest.approx(2 / 3)]
    assert np.isnan(mean_distance([[1.0]], mask=[[False]]))


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ({"queries": [0, 1, 2]}, r"position for each of 4 queries. Received: \(3, 1\)"),
        ({"keys": np.zeros((5, 2))}, r"one space. Received: positions \(4, 1\) and \(5, 2\)"),
    ],
)
def test_places_that_do_not_fit_are_an_error(places, message):
    with pytest.raises(ValueError, match=message):
        mean_distance(WEIGHTS, **places)

import numpy as np
import pytest

from foveal.focus.measures import mean_distance

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4))


def test_mean_distance_matches_sum_over_pairs():
    expected = sum(WEIGHTS[..., j] * np.abs(np.arange(4) - j) for j in range(5))
    np.testing.assert_allclose(mean_distance(WEIGHTS), expected)


def test_mean_distance_accepts_image_positions():
    query_positions, key_positions = np.array([[0.0, 0.0]]), np.array([[0.0, 0.0], [3.0, 4.0]])
    assert mean_distance([[0.5, 0.5]], queries=query_positions, keys=key_positions).tolist() == [2.5]


def test_mean_distance_ignores_masked_keys():
    assert mean_distance([[0.5, 0.25, 0.25]], mask=[True, False, True]).tolist() == [pytest.approx(2 / 3)]
    assert np.isnan(mean_distance([[1.0]], mask=[[False]]))


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ({"queries": [0, 1, 2]}, r"position for each of 4 queries. Received: queries.shape=\(3, 1\)"),
        ({"keys": np.zeros((5, 2))}, r"one dimension. Received: queries.shape=\(4, 1\), keys.shape=\(5, 2\)"),
    ],
)
def test_invalid_positions_raise(positions, message):
    with pytest.raises(ValueError, match=message):
        mean_distance(WEIGHTS, **positions)

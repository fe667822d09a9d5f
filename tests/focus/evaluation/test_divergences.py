import numpy as np
import pytest
from scipy.spatial import distance

from foveal.focus import jensen_shannon, total_variation

P, Q = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4))


def test_jensen_shannon_is_the_square_of_scipys_distance():
    scipys = distance.jensenshannon(*(np.moveaxis(one, -1, 0) for one in (P, Q))) ** 2
    np.testing.assert_allclose(jensen_shannon(P, Q), scipys)


def test_total_variation_is_the_most_that_any_set_of_keys_differs_by():
    sets = (np.arange(2**5)[:, None] >> np.arange(5)) & 1
    most = np.abs((P - Q) @ sets.T).max(axis=-1)
    np.testing.assert_allclose(total_variation(P, Q), most)


@pytest.mark.parametrize(("distance_of", "most"), [(total_variation, 1.0), (jensen_shannon, np.log(2))])
def test_the_same_is_near_and_nothing_in_common_is_far(distance_of, most):
    np.testing.assert_allclose(distance_of(P, P), 0, atol=1e-12)
    np.testing.assert_allclose(distance_of(P, Q), distance_of(Q, P))
    assert distance_of([0.3, 0.7, 0.0], [0.0, 0.0, 2.0]) == pytest.approx(most)
    assert distance_of([0.0, 0.0], [0.5, 0.5]) == pytest.approx(most)
    assert distance_of([0.0, 0.0], [0.0, 0.0]) == 0


@pytest.mark.parametrize("distance_of", [total_variation, jensen_shannon])
def test_only_proportions_count_and_rows_broadcast(distance_of):
    np.testing.assert_allclose(distance_of(3 * P, Q), distance_of(P, Q))
    np.testing.assert_allclose(distance_of(P[0, 0], Q)[1, 2], distance_of(P[0, 0], Q[1, 2]))


@pytest.mark.parametrize("bad", [[np.nan, 1.0], [-0.1, 1.0], [np.inf, 1.0]])
@pytest.mark.parametrize("distance_of", [total_variation, jensen_shannon])
def test_what_is_no_weight_is_refused(distance_of, bad):
    with pytest.raises(ValueError, match="negative, infinite or NaN"):
        distance_of([0.5, 0.5], bad)
    with pytest.raises(ValueError, match=r"\(2,\) and \(3,\)"):
        distance_of([0.5, 0.5], [0.2, 0.3, 0.5])

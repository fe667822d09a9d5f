import numpy as np
import pytest
from scipy.spatial import distance

from foveal.focus import jensen_shannon, total_variation

P, Q = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4))


def test_jensen_shannon_matches_scipy():
    expected = distance.jensenshannon(*(np.moveaxis(p, -1, 0) for p in (P, Q))) ** 2
    np.testing.assert_allclose(jensen_shannon(P, Q), expected)


def test_total_variation_matches_maximum_over_sets():
    sets = (np.arange(2**5)[:, None] >> np.arange(5)) & 1
    expected = np.abs((P - Q) @ sets.T).max(axis=-1)
    np.testing.assert_allclose(total_variation(P, Q), expected)


@pytest.mark.parametrize(("divergence", "maximum"), [(total_variation, 1.0), (jensen_shannon, np.log(2))])
def test_divergence_limits(divergence, maximum):
    np.testing.assert_allclose(divergence(P, P), 0, atol=1e-12)
    np.testing.assert_allclose(divergence(P, Q), divergence(Q, P))
    assert divergence([0.3, 0.7, 0.0], [0.0, 0.0, 2.0]) == pytest.approx(maximum)
    assert divergence([0.0, 0.0], [0.5, 0.5]) == pytest.approx(maximum)
    assert divergence([0.0, 0.0], [0.0, 0.0]) == 0


@pytest.mark.parametrize("divergence", [total_variation, jensen_shannon])
def test_divergence_is_scale_invariant_and_broadcasts(divergence):
    np.testing.assert_allclose(divergence(3 * P, Q), divergence(P, Q))
    np.testing.assert_allclose(divergence(P[0, 0], Q)[1, 2], divergence(P[0, 0], Q[1, 2]))


@pytest.mark.parametrize("invalid", [[np.nan, 1.0], [-0.1, 1.0], [np.inf, 1.0]])
@pytest.mark.parametrize("divergence", [total_variation, jensen_shannon])
def test_invalid_weights_raise(divergence, invalid):
    with pytest.raises(ValueError, match="negative, infinite or NaN"):
        divergence([0.5, 0.5], invalid)
    with pytest.raises(ValueError, match=r"first.shape=\(2,\), second.shape=\(3,\)"):
        divergence([0.5, 0.5], [0.2, 0.3, 0.5])

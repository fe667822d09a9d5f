import numpy as np
import pytest
import scipy.stats

from foveal.focus.measures import head_distances

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4))


def brute(p, q):
    """By the entropies: that of the mean less the mean of both."""
    both = scipy.stats.entropy((p + q) / 2, base=2)
    return np.sqrt(max(both - (scipy.stats.entropy(p, base=2) + scipy.stats.entropy(q, base=2)) / 2, 0))


def test_it_is_the_root_of_what_the_mean_knows_less():
    found = head_distances(WEIGHTS)
    for example, one, other in np.ndindex(2, 3, 3):
        pairs = zip(WEIGHTS[example, one], WEIGHTS[example, other], strict=True)
        np.testing.assert_allclose(
            found[example, one, other], np.mean([brute(*pair) for pair in pairs]), atol=1e-7
        )


def test_only_queries_with_weight_in_both_heads_count():
    weights, mask = WEIGHTS.copy(), np.ones((2, 1, 4, 5), bool)
    mask[:, :, 3] = False
    weights[0, 1, 0] = 0
    found = head_distances(weights, mask)
    np.testing.assert_allclose(found[1], head_distances(WEIGHTS[1:, :, :3])[0])
    np.testing.assert_allclose(found[0, 0, 1], head_distances(WEIGHTS[:1, :, 1:3])[0, 0, 1])
    assert np.isnan(head_distances(weights, np.zeros(5, bool))).all()


def test_weights_without_heads_are_an_error():
    with pytest.raises(ValueError, match=r"\(batch, heads, queries, keys\). Received: \(3, 4, 5\)"):
        head_distances(WEIGHTS[0])

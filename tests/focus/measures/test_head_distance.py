import numpy as np
import pytest
import scipy.stats

from foveal.focus.measures import head_distances

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4))


def jensen_shannon_distance(p, q):
    """Jensen-Shannon distance: entropy of the mean less the mean of the entropies."""
    mean_entropy = scipy.stats.entropy((p + q) / 2, base=2)
    return np.sqrt(
        max(mean_entropy - (scipy.stats.entropy(p, base=2) + scipy.stats.entropy(q, base=2)) / 2, 0)
    )


def test_head_distances_match_entropies():
    distances = head_distances(WEIGHTS)
    for example, first, second in np.ndindex(2, 3, 3):
        pairs = zip(WEIGHTS[example, first], WEIGHTS[example, second], strict=True)
        np.testing.assert_allclose(
            distances[example, first, second],
            np.mean([jensen_shannon_distance(*pair) for pair in pairs]),
            atol=1e-7,
        )


def test_head_distances_ignore_empty_rows():
    weights, mask = WEIGHTS.copy(), np.ones((2, 1, 4, 5), bool)
    mask[:, :, 3] = False
    weights[0, 1, 0] = 0
    distances = head_distances(weights, mask)
    np.testing.assert_allclose(distances[1], head_distances(WEIGHTS[1:, :, :3])[0])
    np.testing.assert_allclose(distances[0, 0, 1], head_distances(WEIGHTS[:1, :, 1:3])[0, 0, 1])
    assert np.isnan(head_distances(weights, np.zeros(5, bool))).all()


def test_head_distances_invalid_rank_raises():
    with pytest.raises(
        ValueError, match=r"\(batch, heads, queries, keys\). Received: weights.shape=\(3, 4, 5\)"
    ):
        head_distances(WEIGHTS[0])

import numpy as np
import pytest

from foveal.focus import jensen_shannon, seed_divergence, total_variation


def test_seed_divergence_is_mean_over_pairs():
    maps = np.random.default_rng(0).dirichlet(np.ones(5), (3, 4))  # 3 seeds, 4 examples
    a, b, c = maps
    expected = (jensen_shannon(a, b) + jensen_shannon(a, c) + jensen_shannon(b, c)) / 3
    np.testing.assert_allclose(seed_divergence(maps), expected)
    np.testing.assert_allclose(seed_divergence([a, b], total_variation), total_variation(a, b))


def test_seed_divergence_accepts_different_lengths():
    result = seed_divergence([[[1.0, 0.0], [0.2, 0.3, 0.5]], [[0.0, 1.0], [0.2, 0.3, 0.5]]])
    np.testing.assert_allclose(result, [np.log(2), 0])


def test_seed_divergence_invalid_seeds_raise():
    with pytest.raises(ValueError, match="at least two seeds"):
        seed_divergence([[[1.0]]])
    with pytest.raises(ValueError, match=r"\[1, 2\] maps"):
        seed_divergence([[[1.0]], [[1.0], [1.0]]])

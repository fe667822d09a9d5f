import numpy as np
import pytest

from foveal.focus.evaluation import top_k_mask


def test_top_k_mask_selects_highest_weights():
    weights = np.random.default_rng(0).permutation(7) / 7
    for k in range(8):
        mask = top_k_mask(weights, k, np.random.default_rng(1))
        assert sorted(weights[mask]) == sorted(weights)[len(weights) - k :]


def test_top_k_mask_breaks_ties_uniformly():
    rng = np.random.default_rng(2)
    counts = np.mean([top_k_mask(np.ones(4), 1, rng) for _ in range(4000)], axis=0)
    assert counts == pytest.approx(np.full(4, 1 / 4), abs=0.03)

import numpy as np

from foveal.focus.measures import gini, zero_fraction

WEIGHTS = np.random.default_rng(0).random((2, 3, 4, 5))
MASK = np.random.default_rng(1).random((2, 1, 4, 5)) < 0.7
MASK[..., 0] = True


def gini_brute_force(row):
    """Half of the relative mean absolute difference."""
    return np.abs(row[:, None] - row).mean() / (2 * row.mean())


def test_gini_matches_relative_mean_difference():
    mask = np.broadcast_to(MASK, WEIGHTS.shape)
    result = gini(WEIGHTS, MASK)
    for index in np.ndindex(2, 3, 4):
        np.testing.assert_allclose(result[index], gini_brute_force(WEIGHTS[index][mask[index]]), atol=1e-12)


def test_gini_is_scale_invariant():
    np.testing.assert_allclose(gini(7 * WEIGHTS), gini(WEIGHTS))


def test_zero_fraction_counts_unmasked_keys():
    weights = np.array([[0.5, 0.5, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0]])
    assert zero_fraction(weights).tolist() == [0.6, 0.8]
    assert zero_fraction(weights, [True, True, True, True, False]).tolist() == [0.5, 0.75]
    assert zero_fraction(WEIGHTS, MASK).max() == 0


def test_sparsity_of_empty_row_is_nan():
    mask = np.array([[True, True], [False, False], [True, True]])
    rows = [[0.5, 0.5], [0.5, 0.5], [0.0, 0.0]]
    for measure in (gini, zero_fraction):
        assert np.isnan(measure(rows, mask)).tolist() == [False, True, True]

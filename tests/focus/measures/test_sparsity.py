import numpy as np

from foveal.focus.measures import gini, zero_fraction

WEIGHTS = np.random.default_rng(0).random((2, 3, 4, 5))
MASK = np.random.default_rng(1).random((2, 1, 4, 5)) < 0.7
MASK[..., 0] = True


def brute_gini(row):
    """Half of the relative mean difference between two that are drawn."""
    return np.abs(row[:, None] - row).mean() / (2 * row.mean())


def test_the_gini_index_is_half_of_the_relative_mean_difference():
    mask = np.broadcast_to(MASK, WEIGHTS.shape)
    found = gini(WEIGHTS, MASK)
    for place in np.ndindex(2, 3, 4):
        np.testing.assert_allclose(found[place], brute_gini(WEIGHTS[place][mask[place]]), atol=1e-12)


def test_the_gini_index_does_not_ask_how_much_there_is():
    np.testing.assert_allclose(gini(7 * WEIGHTS), gini(WEIGHTS))


def test_zeros_are_counted_among_the_keys_that_may_be_seen():
    weights = np.array([[0.5, 0.5, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0]])
    assert zero_fraction(weights).tolist() == [0.6, 0.8]
    assert zero_fraction(weights, [True, True, True, True, False]).tolist() == [0.5, 0.75]
    assert zero_fraction(WEIGHTS, MASK).max() == 0


def test_a_row_that_may_see_nothing_has_none():
    mask = np.array([[True, True], [False, False], [True, True]])
    rows = [[0.5, 0.5], [0.5, 0.5], [0.0, 0.0]]
    for measure in (gini, zero_fraction):
        assert np.isnan(measure(rows, mask)).tolist() == [False, True, True]

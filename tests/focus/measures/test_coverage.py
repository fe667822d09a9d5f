import numpy as np

from foveal.focus.measures import coverage

WEIGHTS = np.random.default_rng(0).random((2, 3, 4, 5))


def test_keys_get_what_all_queries_give_them():
    mask = np.array([[True], [False], [True], [True]])
    expected = sum(WEIGHTS[:, :, query] for query in (0, 2, 3))
    np.testing.assert_allclose(coverage(WEIGHTS, mask), expected)
    assert coverage(WEIGHTS, np.zeros(5, bool)).max() == 0

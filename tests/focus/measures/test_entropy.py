import numpy as np
import scipy.stats

from foveal.focus.measures import effective_keys, entropy

WEIGHTS = np.random.default_rng(0).random((2, 3, 4, 5))
MASK = np.random.default_rng(1).random((2, 1, 4, 5)) < 0.7
MASK[..., 0] = True


def test_it_is_the_entropy_of_scipy():
    np.testing.assert_allclose(entropy(WEIGHTS), scipy.stats.entropy(WEIGHTS, axis=-1))
    np.testing.assert_allclose(entropy(WEIGHTS, MASK), scipy.stats.entropy(WEIGHTS * MASK, axis=-1))


def test_normalized_it_is_one_where_all_that_may_be_seen_get_the_same():
    np.testing.assert_allclose(
        entropy(MASK / MASK.sum(-1, keepdims=True), MASK, normalized=True), MASK.sum(-1) > 1
    )
    expected = scipy.stats.entropy(WEIGHTS, axis=-1) / np.log(5)
    np.testing.assert_allclose(entropy(WEIGHTS, normalized=True), expected)


def test_one_key_has_no_entropy():
    assert entropy([[0.0, 1.0]]).tolist() == [0.0]
    assert entropy([[0.2, 0.8]], mask=[False, True], normalized=True).tolist() == [0.0]
    assert effective_keys([[0.0, 1.0]]).tolist() == [1.0]


def test_so_many_keys_alike_are_so_many():
    rows = np.tri(5) / np.arange(1, 6)[:, None]
    np.testing.assert_allclose(effective_keys(rows), [1, 2, 3, 4, 5])


def test_a_row_that_may_see_nothing_has_none():
    mask = np.array([[True, True], [False, False]])
    for measure in (entropy, effective_keys):
        assert np.isnan(measure([[0.5, 0.5], [0.5, 0.5]], mask)).tolist() == [False, True]
    assert np.isnan(entropy([[0.0, 0.0]], normalized=True)).all()

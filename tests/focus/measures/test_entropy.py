import numpy as np
import scipy.stats

from foveal.focus.measures import effective_keys, entropy

WEIGHTS = np.random.default_rng(0).random((2, 3, 4, 5))
MASK = np.random.default_rng(1).random((2, 1, 4, 5)) < 0.7
MASK[..., 0] = True


def test_entropy_matches_scipy():
    np.testing.assert_allclose(entropy(WEIGHTS), scipy.stats.entropy(WEIGHTS, axis=-1))
    np.testing.assert_allclose(entropy(WEIGHTS, MASK), scipy.stats.entropy(WEIGHTS * MASK, axis=-1))


def test_normalized_entropy_of_uniform_weights_is_one():
    np.testing.assert_allclose(
        entropy(MASK / MASK.sum(-1, keepdims=True), MASK, normalized=True), MASK.sum(-1) > 1
    )
    expected = scipy.stats.entropy(WEIGHTS, axis=-1) / np.log(5)
    np.testing.assert_allclose(entropy(WEIGHTS, normalized=True), expected)


def test_entropy_of_single_key_is_zero():
    assert entropy([[0.0, 1.0]]).tolist() == [0.0]
    assert entropy([[0.2, 0.8]], mask=[False, True], normalized=True).tolist() == [0.0]
    assert effective_keys([[0.0, 1.0]]).tolist() == [1.0]


def test_effective_keys_of_uniform_weights_is_number_of_keys():
    rows = np.tri(5) / np.arange(1, 6)[:, None]
    np.testing.assert_allclose(effective_keys(rows), [1, 2, 3, 4, 5])


def test_entropy_of_empty_row_is_nan():
    mask = np.array([[True, True], [False, False]])
    for measure in (entropy, effective_keys):
        assert np.isnan(measure([[0.5, 0.5], [0.5, 0.5]], mask)).tolist() == [False, True]
    assert np.isnan(entropy([[0.0, 0.0]], normalized=True)).all()

"""Concat score against the formula of Luong et al. 2015 and the additive score."""

import keras
import numpy as np

from foveal.layers import Additive, Concat


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def test_concat_matches_formula(pairs):
    score = Concat(units=7)
    actual = score(pairs.query, pairs.wide_key)
    w, v = to_numpy(score.kernel).T, to_numpy(score.v)[:, 0]
    assert w.shape == (7, 11)
    expected = pairs.apply(lambda q, k: v @ np.tanh(w @ np.concatenate([q, k])), pairs.wide_key)
    pairs.assert_close(actual, expected)


def test_concat_matches_additive_with_joined_kernels(pairs):
    score, additive = Concat(), Additive()
    additive.build((2, 3, 5), (2, 4, 6))
    score.build((2, 3, 5), (2, 4, 6))
    kernels = [to_numpy(dense.kernel) for dense in (additive.query_dense, additive.key_dense)]
    score.kernel.assign(np.concatenate(kernels))
    score.v.assign(additive.v)
    expected = to_numpy(additive(pairs.query, pairs.wide_key))
    pairs.assert_close(score(pairs.query, pairs.wide_key), expected)


def test_concat_kernel_is_initialized_as_one_matrix():
    score = Concat(units=50)
    score.build((2, 3, 30), (2, 4, 20))
    bound = np.sqrt(6 / (30 + 20 + 50))
    assert 0.9 * bound < np.abs(to_numpy(score.kernel)).max() <= bound

"""General score against its bilinear form and the dot score."""

import keras
import numpy as np

from foveal.layers import Dot, General


def test_general_matches_bilinear_form(pairs):
    score = General()
    actual = score(pairs.query, pairs.wide_key)
    w = keras.ops.convert_to_numpy(score.key_dense.kernel).T
    assert w.shape == (5, 6)
    pairs.assert_close(actual, pairs.apply(lambda q, k: q @ w @ k, pairs.wide_key))


def test_general_with_identity_kernel_matches_dot(pairs):
    score = General()
    score.build((2, 3, 5), (2, 4, 5))
    score.key_dense.kernel.assign(np.eye(5))
    expected = keras.ops.convert_to_numpy(Dot()(pairs.query, pairs.key))
    pairs.assert_close(score(pairs.query, pairs.key), expected)

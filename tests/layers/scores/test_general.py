import keras
import numpy as np

from foveal.layers import Dot, General


def test_general_is_a_bilinear_form(pairs):
    score = General()
    actual = score(pairs.query, pairs.wide_key)
    w = keras.ops.convert_to_numpy(score.key_dense.kernel).T
    assert w.shape == (5, 6)
    pairs.assert_close(actual, pairs.one_by_one(lambda q, k: q @ w @ k, pairs.wide_key))


def test_with_the_identity_for_its_kernel_it_is_dot(pairs):
    score = General()
    score.build((2, 3, 5), (2, 4, 5))
    score.key_dense.kernel.assign(np.eye(5))
    expected = keras.ops.convert_to_numpy(Dot()(pairs.query, pairs.key))
    pairs.assert_close(score(pairs.query, pairs.key), expected)

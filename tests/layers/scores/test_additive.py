"""Additive score against the formula of Bahdanau et al. 2015 and the layer of Keras."""

import keras
import numpy as np

from foveal.layers import Additive


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def test_additive_matches_formula(pairs):
    score = Additive(units=7)
    actual = score(pairs.query, pairs.wide_key)
    w_q, w_k = (to_numpy(dense.kernel) for dense in (score.query_dense, score.key_dense))
    v = to_numpy(score.v)[:, 0]
    expected = pairs.apply(lambda q, k: v @ np.tanh(q @ w_q + k @ w_k), pairs.wide_key)
    pairs.assert_close(actual, expected)


def test_additive_with_identity_kernels_matches_keras_additive_attention(pairs):
    score, reference = Additive(), keras.layers.AdditiveAttention()
    score.build((2, 3, 5), (2, 4, 5))
    for dense in (score.query_dense, score.key_dense):
        dense.kernel.assign(np.eye(5))
    reference.build([(2, 3, 5), (2, 4, 5)])
    reference.scale.assign(to_numpy(score.v)[:, 0])
    expected = reference._calculate_scores(*map(keras.ops.convert_to_tensor, (pairs.query, pairs.key)))
    pairs.assert_close(score(pairs.query, pairs.key), to_numpy(expected))


def test_additive_kernels_of_same_initializer_differ():
    score = Additive(kernel_initializer=keras.initializers.GlorotUniform())
    score.build((2, 3, 5), (2, 4, 5))
    assert (to_numpy(score.query_dense.kernel) != to_numpy(score.key_dense.kernel)).any()

import keras
import numpy as np

from foveal.layers import Additive


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def test_additive_is_a_small_network(pairs):
    score = Additive(units=7)
    actual = score(pairs.query, pairs.wide_key)
    w_q, w_k = (to_numpy(dense.kernel) for dense in (score.query_dense, score.key_dense))
    v = to_numpy(score.v)[:, 0]
    expected = pairs.one_by_one(lambda q, k: v @ np.tanh(q @ w_q + k @ w_k), pairs.wide_key)
    pairs.assert_close(actual, expected)


def test_with_the_identity_for_kernels_it_is_the_score_of_keras(pairs):
    score, peer = Additive(), keras.layers.AdditiveAttention()
    score.build((2, 3, 5), (2, 4, 5))
    for dense in (score.query_dense, score.key_dense):
        dense.kernel.assign(np.eye(5))
    peer.build([(2, 3, 5), (2, 4, 5)])
    peer.scale.assign(to_numpy(score.v)[:, 0])
    expected = peer._calculate_scores(*map(keras.ops.convert_to_tensor, (pairs.query, pairs.key)))
    pairs.assert_close(score(pairs.query, pairs.key), to_numpy(expected))


def test_additive_is_as_wide_as_the_query_by_default():
    score = Additive()
    score.build((2, 3, 5), (2, 4, 6))
    assert tuple(score.key_dense.kernel.shape) == (6, 5)
    assert score.projected_dim(5) == 5


def test_two_kernels_of_one_initializer_differ():
    score = Additive(kernel_initializer=keras.initializers.GlorotUniform())
    score.build((2, 3, 5), (2, 4, 5))
    assert (to_numpy(score.query_dense.kernel) != to_numpy(score.key_dense.kernel)).any()

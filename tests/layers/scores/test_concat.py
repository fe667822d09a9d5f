import keras
import numpy as np

from foveal.layers import Additive, Concat


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def test_concat_is_a_small_network_over_query_and_key_side_by_side(pairs):
    score = Concat(units=7)
    actual = score(pairs.query, pairs.wide_key)
    w, v = to_numpy(score.kernel).T, to_numpy(score.v)[:, 0]
    assert w.shape == (7, 11)
    expected = pairs.one_by_one(lambda q, k: v @ np.tanh(w @ np.concatenate([q, k])), pairs.wide_key)
    pairs.assert_close(actual, expected)


def test_concat_is_additive_with_both_kernels_in_one(pairs):
    score, peer = Concat(), Additive()
    peer.build((2, 3, 5), (2, 4, 6))
    score.build((2, 3, 5), (2, 4, 6))
    score.kernel.assign(np.concatenate([to_numpy(d.kernel) for d in (peer.query_dense, peer.key_dense)]))
    score.v.assign(peer.v)
    expected = to_numpy(peer(pairs.query, pairs.wide_key))
    pairs.assert_close(score(pairs.query, pairs.wide_key), expected)


def test_its_kernel_is_drawn_as_one():
    score = Concat(units=50)
    score.build((2, 3, 30), (2, 4, 20))
    bound = np.sqrt(6 / (30 + 20 + 50))
    assert 0.9 * bound < np.abs(to_numpy(score.kernel)).max() <= bound

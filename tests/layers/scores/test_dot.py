import itertools

import keras
import numpy as np
import pytest

from foveal.layers import Additive, Dot, ScaledDot, scores

rng = np.random.default_rng(0)
QUERY, KEY = (rng.normal(size=(2, n, 5)).astype("float32") for n in (3, 4))
WIDE_KEY = rng.normal(size=(2, 4, 6)).astype("float32")


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def one_by_one(formula, key):
    result = np.zeros((2, 3, 4))
    for b, q, k in itertools.product(range(2), range(3), range(4)):
        result[b, q, k] = formula(QUERY[b, q], key[b, k])
    return result


def test_dot_is_the_dot_product():
    np.testing.assert_allclose(to_numpy(Dot()(QUERY, KEY)), one_by_one(np.dot, KEY), rtol=1e-5)


def test_scaled_dot_divides_by_the_root_of_the_width():
    expected = one_by_one(np.dot, KEY) / np.sqrt(5)
    np.testing.assert_allclose(to_numpy(ScaledDot()(QUERY, KEY)), expected, rtol=1e-5)


def test_additive_is_a_small_network():
    score = Additive(units=7)
    actual = to_numpy(score(QUERY, WIDE_KEY))
    w_q, w_k = (to_numpy(d.kernel) for d in (score.query_dense, score.key_dense))
    v = to_numpy(score.v)[:, 0]
    expected = one_by_one(lambda q, k: v @ np.tanh(q @ w_q + k @ w_k), WIDE_KEY)
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_additive_is_as_wide_as_the_query_by_default():
    score = Additive()
    score.build((2, 3, 5), (2, 4, 6))
    assert tuple(score.key_dense.kernel.shape) == (6, 5)
    assert score.width(5) == 5


@pytest.mark.parametrize("score", [Dot, ScaledDot, Additive])
def test_a_pair_is_the_diagonal_of_all_comparisons(score):
    score = score()
    every = to_numpy(score(QUERY, KEY[:, :3]))
    pairs = to_numpy(score.pair(QUERY, score.project(KEY[:, :3])))
    np.testing.assert_allclose(pairs, np.diagonal(every, axis1=1, axis2=2), atol=1e-5)


@pytest.mark.parametrize("score", [Dot, ScaledDot, Additive])
def test_heads_are_scored_one_by_one(score):
    score = score()
    heads = to_numpy(score(np.stack([QUERY, -QUERY], 1), np.stack([KEY, KEY], 1)))
    np.testing.assert_allclose(heads[:, 1], to_numpy(score(-QUERY, KEY)), atol=1e-5)


def test_two_kernels_of_one_initializer_differ():
    score = Additive(kernel_initializer=keras.initializers.GlorotUniform())
    score.build((2, 3, 5), (2, 4, 5))
    assert (to_numpy(score.query_dense.kernel) != to_numpy(score.key_dense.kernel)).any()


@pytest.mark.parametrize(("name", "part"), [("dot", Dot), ("scaled_dot", ScaledDot), ("additive", Additive)])
def test_get_takes_a_name_a_config_or_a_layer(name, part):
    made = scores.get(name)
    assert type(made) is part
    assert scores.get(made) is made
    again = scores.get(keras.saving.serialize_keras_object(made))
    assert again.get_config() == made.get_config()

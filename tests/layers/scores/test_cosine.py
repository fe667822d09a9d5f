"""Cosine score against its formula, and its learned key strength (Graves et al. 2014)."""

import keras
import numpy as np
import pytest

from foveal.layers import Cosine, SoftAttention


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def cosine(q, k):
    return q @ k / np.sqrt((q @ q) * (k @ k))


@pytest.mark.parametrize("beta", [0.5, 8.0])
def test_cosine_matches_formula(beta, pairs):
    pairs.assert_close(Cosine(beta)(pairs.query, pairs.key), beta * pairs.apply(cosine))


def test_cosine_does_not_depend_on_norms(pairs):
    score = Cosine()
    expected = to_numpy(score(pairs.query, pairs.key))
    pairs.assert_close(score(0.01 * pairs.query, 1000 * pairs.key), expected, atol=1e-4)


def test_cosine_of_long_key_does_not_overflow_in_half_precision():
    score = Cosine(beta=2.0, dtype="float16")
    vector = np.full((1, 1, 4), 30_000, "float16")
    np.testing.assert_allclose(to_numpy(score(vector, vector)), 2, rtol=1e-3)


def train_key_strength(score, inputs):
    """Return the key strength after a training step towards scores of 100."""
    symbols = keras.Input((3, 5)), keras.Input((4, 5))
    query = keras.layers.Dense(5, use_bias=False, kernel_initializer="identity")(symbols[0])
    model = keras.Model(symbols, score(query, symbols[1]))
    model.compile(keras.optimizers.SGD(0.01), "mse", run_eagerly=keras.backend.backend() == "torch")
    model.train_on_batch(inputs, np.full((2, 3, 4), 100.0))
    return float(to_numpy(keras.ops.exp(score.log_beta)))


def test_cosine_key_strength_is_trained_unless_frozen(pairs):
    inputs = [pairs.query, np.repeat(pairs.query[:, :1], 4, 1)]
    assert train_key_strength(Cosine(2.0), inputs) > 2.1
    np.testing.assert_allclose(train_key_strength(Cosine(2.0, trainable=False), inputs), 2, rtol=1e-6)


def test_cosine_of_zeros_is_zero_with_finite_gradient(pairs):
    zeros = [np.zeros_like(pairs.query), np.zeros_like(pairs.key)]
    np.testing.assert_array_equal(to_numpy(Cosine()(*zeros)), 0)
    layer = SoftAttention(Cosine())
    symbols = keras.Input((3, 5)), keras.Input((4, 5))
    hidden = [keras.layers.Dense(5, kernel_initializer="zeros")(symbol) for symbol in symbols]
    model = keras.Model(symbols, layer(*hidden))
    model.compile("sgd", "mse", run_eagerly=keras.backend.backend() == "torch")
    model.train_on_batch([pairs.query, pairs.key], np.ones((2, 3, 5)))
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


@pytest.mark.parametrize("beta", [0, -1.0])
def test_cosine_invalid_beta_raises(beta):
    with pytest.raises(ValueError, match=rf"`beta` must be positive. Received: beta={beta}"):
        Cosine(beta)

"""Sparse distribution layers: functions, learned alpha, half precision, config and errors."""

import keras
import numpy as np
import pytest

from foveal.layers import (
    Entmax,
    Entmax15,
    MultiHeadAttention,
    Sparsemax,
    distributions,
    entmax,
    entmax15,
    sparsemax,
)

rng = np.random.default_rng(0)
SCORES = rng.normal(size=(2, 3, 4, 5)).astype("float32")
MASK = np.array([[1, 0, 1, 1, 1], [0, 0, 0, 0, 0], [0, 1, 0, 0, 1], [1, 1, 1, 1, 1]], bool)
ALPHAS = np.array([1.2, 1.5, 1.9], "float32")


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def entmax_with_alphas(alphas):
    layer = Entmax()
    layer.build(SCORES.shape)
    layer.set_weights([np.log((alphas - 1) / (2 - alphas))])
    return layer


@pytest.mark.parametrize(("kind", "function"), [(Sparsemax, sparsemax), (Entmax15, entmax15)])
def test_sparse_layer_matches_function_and_has_no_decisions(kind, function):
    weights, decisions = kind()(SCORES, mask=MASK)
    np.testing.assert_array_equal(to_numpy(weights), to_numpy(function(SCORES, MASK)))
    assert decisions == {}


def test_entmax_layer_applies_and_returns_alpha_of_each_head():
    weights, decisions = entmax_with_alphas(ALPHAS)(SCORES, mask=MASK)
    assert decisions["alpha"].shape == (2, 3, 4)
    for head, alpha in enumerate(ALPHAS):
        expected = entmax(SCORES[:, head], float(alpha), MASK)
        np.testing.assert_allclose(to_numpy(weights)[:, head], to_numpy(expected), atol=1e-6)
        np.testing.assert_allclose(to_numpy(decisions["alpha"])[:, head], alpha, rtol=1e-6)


def test_entmax_layer_without_heads_has_one_alpha():
    layer = Entmax(initial_alpha=1.3)
    weights, decisions = layer(SCORES[:, 0], mask=MASK)
    assert decisions["alpha"].shape == (2, 4)
    assert [weight.shape for weight in layer.weights] == [()]
    np.testing.assert_allclose(to_numpy(decisions["alpha"]), 1.3, rtol=1e-6)
    np.testing.assert_allclose(to_numpy(weights), to_numpy(entmax(SCORES[:, 0], 1.3, MASK)), atol=1e-6)


def test_entmax_layer_at_limits_of_alpha_is_finite():
    layer = Entmax()
    layer.build(SCORES.shape)
    layer.set_weights([np.array([-1000, 0, 1000], "float32")])
    weights, decisions = layer(SCORES)
    np.testing.assert_allclose(to_numpy(decisions["alpha"])[0, :, 0], [1, 1.5, 2])
    np.testing.assert_allclose(to_numpy(weights).sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(to_numpy(weights)[:, 2], to_numpy(sparsemax(SCORES[:, 2])), atol=1e-6)


def test_entmax_layer_training_recovers_alpha_of_each_head():
    target = to_numpy(entmax_with_alphas(ALPHAS)(SCORES)[0])
    layer, scores = Entmax(), keras.Input(SCORES.shape[1:])
    model = keras.Model(scores, layer(scores)[0])
    model.compile(keras.optimizers.Adam(0.1), "mse", run_eagerly=keras.backend.backend() == "torch")
    model.fit(np.tile(SCORES, (200, 1, 1, 1)), np.tile(target, (200, 1, 1, 1)), batch_size=2, verbose=0)
    np.testing.assert_allclose(1 / (1 + np.exp(-layer.get_weights()[0])) + 1, ALPHAS, atol=0.02)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
@pytest.mark.parametrize("name", ["sparsemax", "entmax15", "entmax"])
def test_sparse_distribution_in_half_precision_layer_sums_to_one(name, policy):
    layer = MultiHeadAttention(2, 3, distribution=name, dtype=policy)
    query, value = rng.normal(size=(2, 4, 6)), rng.normal(size=(2, 5, 6))
    mask = np.array([[1, 1, 1, 0, 0], [0, 0, 0, 0, 0]], bool)
    _, weights = layer(query, value, value_mask=mask, return_attention_scores=True)
    weights = to_numpy(keras.ops.cast(weights, "float32"))
    np.testing.assert_allclose(weights[0].sum(-1), 1, atol=0.01)
    np.testing.assert_array_equal(weights[0, ..., 3:], 0)
    np.testing.assert_array_equal(weights[1], 0)


@pytest.mark.parametrize(
    ("name", "kind"), [("sparsemax", Sparsemax), ("entmax15", Entmax15), ("entmax", Entmax)]
)
def test_get_resolves_name_and_config_of_sparse_distribution(name, kind):
    layer = distributions.get(name)
    copy = distributions.get(keras.saving.serialize_keras_object(layer))
    assert type(copy) is type(layer) is kind


def test_entmax_layer_config_keeps_initial_alpha():
    assert Entmax.from_config(Entmax(initial_alpha=1.7).get_config()).initial_alpha == 1.7


@pytest.mark.parametrize("alpha", [1, 2, 0.5])
def test_entmax_layer_invalid_initial_alpha_raises(alpha):
    with pytest.raises(ValueError, match=rf"must be in \(1, 2\). Received: initial_alpha={alpha}"):
        Entmax(initial_alpha=alpha)

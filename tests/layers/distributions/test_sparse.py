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


def with_alphas(alphas):
    layer = Entmax()
    layer.build(SCORES.shape)
    layer.set_weights([np.log((alphas - 1) / (2 - alphas))])
    return layer


@pytest.mark.parametrize("layer", [Sparsemax(), Entmax15()], ids=["sparsemax", "entmax15"])
def test_the_layer_is_its_function_and_decides_nothing(layer):
    function = sparsemax if isinstance(layer, Sparsemax) else entmax15
    weights, decisions = layer(SCORES, mask=MASK)
    np.testing.assert_array_equal(to_numpy(weights), to_numpy(function(SCORES, MASK)))
    assert decisions == {}


def test_each_head_has_an_alpha_of_its_own_and_tells_it():
    weights, decisions = with_alphas(ALPHAS)(SCORES, mask=MASK)
    assert decisions["alpha"].shape == (2, 3, 4)
    for head, alpha in enumerate(ALPHAS):
        expected = entmax(SCORES[:, head], float(alpha), MASK)
        np.testing.assert_allclose(to_numpy(weights)[:, head], to_numpy(expected), atol=1e-6)
        np.testing.assert_allclose(to_numpy(decisions["alpha"])[:, head], alpha, rtol=1e-6)


def test_without_heads_there_is_one_alpha():
    layer = Entmax(initial_alpha=1.3)
    weights, decisions = layer(SCORES[:, 0], mask=MASK)
    assert decisions["alpha"].shape == (2, 4)
    assert [weight.shape for weight in layer.weights] == [()]
    np.testing.assert_allclose(to_numpy(decisions["alpha"]), 1.3, rtol=1e-6)
    np.testing.assert_allclose(to_numpy(weights), to_numpy(entmax(SCORES[:, 0], 1.3, MASK)), atol=1e-6)


def test_an_alpha_that_has_gone_all_the_way_stays_finite():
    layer = Entmax()
    layer.build(SCORES.shape)
    layer.set_weights([np.array([-1000, 0, 1000], "float32")])
    weights, decisions = layer(SCORES)
    np.testing.assert_allclose(to_numpy(decisions["alpha"])[0, :, 0], [1, 1.5, 2])
    np.testing.assert_allclose(to_numpy(weights).sum(-1), 1, atol=1e-6)
    np.testing.assert_allclose(to_numpy(weights)[:, 2], to_numpy(sparsemax(SCORES[:, 2])), atol=1e-6)


def test_training_finds_an_alpha_for_each_head():
    target = to_numpy(with_alphas(ALPHAS)(SCORES)[0])
    layer, scores = Entmax(), keras.Input(SCORES.shape[1:])
    model = keras.Model(scores, layer(scores)[0])
    model.compile(keras.optimizers.Adam(0.1), "mse", run_eagerly=keras.backend.backend() == "torch")
    model.fit(np.tile(SCORES, (200, 1, 1, 1)), np.tile(target, (200, 1, 1, 1)), batch_size=2, verbose=0)
    np.testing.assert_allclose(1 / (1 + np.exp(-layer.get_weights()[0])) + 1, ALPHAS, atol=0.02)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float16"])
@pytest.mark.parametrize("name", ["sparsemax", "entmax15", "entmax"])
def test_half_precision_in_a_layer(name, policy):
    layer = MultiHeadAttention(2, 3, distribution=name, dtype=policy)
    query, value = rng.normal(size=(2, 4, 6)), rng.normal(size=(2, 5, 6))
    mask = np.array([[1, 1, 1, 0, 0], [0, 0, 0, 0, 0]], bool)
    _, weights = layer(query, value, value_mask=mask, return_attention_scores=True)
    weights = to_numpy(keras.ops.cast(weights, "float32"))
    np.testing.assert_allclose(weights[0].sum(-1), 1, atol=0.01)
    np.testing.assert_array_equal(weights[0, ..., 3:], 0)
    np.testing.assert_array_equal(weights[1], 0)


@pytest.mark.parametrize("name", ["sparsemax", "entmax15", "entmax"])
def test_a_name_makes_it_and_a_config_makes_it_again(name):
    layer = distributions.get(name)
    again = distributions.get(keras.saving.serialize_keras_object(layer))
    assert (
        type(again) is type(layer) is {"sparsemax": Sparsemax, "entmax15": Entmax15, "entmax": Entmax}[name]
    )


def test_config_keeps_the_initial_alpha():
    assert Entmax.from_config(Entmax(initial_alpha=1.7).get_config()).initial_alpha == 1.7


@pytest.mark.parametrize("alpha", [1, 2, 0.5])
def test_an_initial_alpha_outside_of_the_family_is_refused(alpha):
    with pytest.raises(ValueError, match=rf"`initial_alpha` must be in \(1, 2\). Received: {alpha}"):
        Entmax(initial_alpha=alpha)

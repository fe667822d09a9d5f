import keras
import numpy as np
import pytest
from keras import ops

from foveal import layers
from foveal.focus import replaced_weights, uniform_weights

RNG = np.random.default_rng(0)
QUERY, VALUE = RNG.normal(size=(2, 3, 8)).astype("float32"), RNG.normal(size=(2, 5, 8)).astype("float32")
MASK = np.array([[True] * 5, [True] * 3 + [False] * 2])
GIVEN = RNG.dirichlet(np.ones(5), (2, 4, 3)).astype("float32")


def model_of(layer, stock=False, **arguments):
    query, value = keras.Input((3, 8)), keras.Input((5, 8))
    mask = keras.Input((5,), dtype="bool")
    if stock:
        seen = layer([query, value], mask=[None, mask])
    else:
        seen = layer(query, value, value_mask=mask, **arguments)
    return keras.Model([query, value, mask], seen)


def told_by(model):
    return keras.tree.map_structure(ops.convert_to_numpy, model([QUERY, VALUE, MASK]))


HEADLESS = [
    layers.SoftAttention(),
    layers.SoftAttention("additive", distribution="sparsemax"),
    layers.SoftAttention(bias="coverage"),
    layers.HardAttention(),
    layers.MonotonicAttention(),
]


@pytest.mark.parametrize("layer", HEADLESS, ids=lambda layer: layer.name)
def test_layers_without_heads_mix_by_the_new_weights(layer):
    model = model_of(layer)
    with replaced_weights(model, uniform_weights):
        seen = ops.convert_to_numpy(model([QUERY, VALUE, MASK]))
    expected = np.stack([VALUE[0].mean(axis=0), VALUE[1, :3].mean(axis=0)])
    np.testing.assert_allclose(seen, np.broadcast_to(expected[:, None], seen.shape), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", [keras.layers.Attention, keras.layers.AdditiveAttention])
def test_stock_layers_without_heads_do_too(kind):
    model = model_of(kind(), stock=True)
    with replaced_weights(model, lambda weights, mask: GIVEN[:, :1]):
        seen = model([QUERY, VALUE, MASK])
    np.testing.assert_allclose(seen, GIVEN[:, 0] @ VALUE, rtol=1e-4, atol=1e-5)


MULTI = {
    "ours": lambda: layers.MultiHeadAttention(4, 2),
    "grouped": lambda: layers.MultiHeadAttention(4, 2, num_key_value_heads=2),
    "stock": lambda: keras.layers.MultiHeadAttention(4, 2),
    "stock grouped": lambda: keras.layers.GroupQueryAttention(2, 4, 2),
}


def own(weights, mask):
    return weights


@pytest.mark.parametrize("make", MULTI.values(), ids=MULTI)
def test_a_models_own_weights_change_nothing(make):
    for arguments in {}, {"use_causal_mask": True}, {"return_attention_scores": True}:
        model = model_of(make(), **arguments)
        before = told_by(model)
        with replaced_weights(model, own):
            within = told_by(model)
        keras.tree.map_structure(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), before, within)


@pytest.mark.parametrize("make", MULTI.values(), ids=MULTI)
def test_given_weights_are_those_that_are_used_and_returned(make):
    model = model_of(make(), return_attention_scores=True)
    asked = []

    def given(weights, mask):
        asked.append((tuple(weights.shape), ops.convert_to_numpy(mask)))
        return GIVEN

    with replaced_weights(model, given):
        output, weights = told_by(model)
    np.testing.assert_allclose(weights, GIVEN, atol=1e-6)
    ((shape, mask),) = asked
    assert shape == (2, 4, 3, 5)
    np.testing.assert_array_equal(mask, np.broadcast_to(MASK[:, None, None], shape))
    with replaced_weights(model, lambda weights, mask: GIVEN[:, ::-1].copy()):
        other, _ = told_by(model)
    assert not np.allclose(output, other)


def test_the_causal_mask_is_told():
    for make in MULTI["ours"], MULTI["stock"], MULTI["stock grouped"]:
        model = model_of(make(), use_causal_mask=True)
        seen = []
        with replaced_weights(model, lambda weights, mask, seen=seen: [seen.append(mask), weights][1]):
            model([QUERY, VALUE, MASK])
        np.testing.assert_array_equal(seen[0][1, 3], np.tri(3, 5, dtype=bool) & MASK[1])


def test_the_gate_stays_and_the_weights_behind_it_change():
    layer = layers.MultiHeadAttention(2, 4, gate="sentinel")
    model = model_of(layer, return_attention_scores=True, return_decisions=True)
    before, _, decisions = told_by(model)
    with replaced_weights(model, own):
        within, _, _ = told_by(model)
    np.testing.assert_allclose(before, within, atol=1e-5)
    with replaced_weights(model, lambda weights, mask: GIVEN[:, :2]):
        _, replaced, again = told_by(model)
    np.testing.assert_allclose(replaced, GIVEN[:, :2], atol=1e-6)
    np.testing.assert_allclose(again["gate"], decisions["gate"])


def test_layers_within_layers_and_recurrent_ones_are_found():
    cell = layers.AttentionCell(keras.layers.GRUCell(4), layers.SoftAttention("additive"))
    words, memory = keras.Input((3, 7)), keras.Input((5, 8))
    model = keras.Model([words, memory], layers.AttentionRNN(cell)(words, memory)[2])
    with replaced_weights(model, uniform_weights):
        weights = ops.convert_to_numpy(model([np.ones((2, 3, 7)), VALUE]))
    np.testing.assert_allclose(weights, np.full((2, 3, 5), 0.2), rtol=1e-5)


def test_a_local_layer_is_asked_for_its_blocks():
    words = keras.Input((5, 8))
    layer = layers.LocalAttention(2, 4, window=1)
    model = keras.Model(words, layer(words, return_attention_scores=True)[1])
    with replaced_weights(model, uniform_weights):
        weights = model(VALUE)
    near = np.tri(5, k=1) * np.tri(5, k=1).T
    expected = near / near.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(weights, np.broadcast_to(expected, (2, 2, 5, 5)), rtol=1e-5)


def test_predict_uses_them_and_nothing_does_afterwards():
    model = model_of(layers.MultiHeadAttention(2, 4))
    inputs = [QUERY, VALUE, MASK]
    before = model.predict(inputs, verbose=0)
    with replaced_weights(model, uniform_weights):
        within = model.predict(inputs, verbose=0)
        with replaced_weights(model, own):
            nested = model.predict(inputs, verbose=0)
    after = model.predict(inputs, verbose=0)
    assert not np.allclose(before, within)
    np.testing.assert_allclose(nested, within, atol=1e-5)
    np.testing.assert_allclose(before, after, atol=1e-6)
    assert "attend" not in vars(model.layers[-1])


def test_an_error_within_leaves_the_model_as_it_was():
    model = model_of(layers.SoftAttention())
    with pytest.raises(RuntimeError), replaced_weights(model, own):
        raise RuntimeError
    assert "attend" not in vars(model.layers[-1])


def test_frozen_uniform_attention_trains_all_but_the_scores():
    query, value = keras.Input((3, 8)), keras.Input((5, 8))
    layer = layers.SoftAttention("additive")
    model = keras.Model([query, value], keras.layers.Dense(1)(layer(query, value)))
    before = [ops.convert_to_numpy(weight).copy() for weight in model.trainable_weights]
    with replaced_weights(model, uniform_weights):
        model.compile("sgd", "mse")
        model.fit([QUERY, VALUE], np.ones((2, 3, 1)), verbose=0)
    moved = [not np.array_equal(a, b) for a, b in zip(before, model.trainable_weights, strict=True)]
    scores = len(layer.trainable_weights)
    assert scores > 0
    assert moved == [False] * scores + [True, True]


def test_only_the_layers_named_are_replaced():
    words = keras.Input((5, 8))
    first, second = layers.SoftAttention(), layers.SoftAttention()
    told = [layer(words, words, return_attention_scores=True) for layer in (first, second)]
    model = keras.Model(words, [weights for _, weights in told])
    with replaced_weights(model, uniform_weights, [second]):
        one, other = model(VALUE)
    np.testing.assert_allclose(other, np.full((2, 5, 5), 0.2), rtol=1e-5)
    assert not np.allclose(one, other)


def test_a_model_without_attention_and_weights_of_unknown_rank_are_refused():
    plain = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="none in"), replaced_weights(plain, own):
        pass
    with pytest.raises(ValueError, match="Dense"), replaced_weights(plain, own, plain.layers):
        pass
    image = keras.Input((2, 3, 4))
    model = keras.Model(image, keras.layers.MultiHeadAttention(2, 3, attention_axes=(1, 2))(image, image))
    with replaced_weights(model, own), pytest.raises(ValueError, match=r"\(1, 2, 2, 3, 2, 3\)"):
        model(np.ones((1, 2, 3, 4), "float32"))

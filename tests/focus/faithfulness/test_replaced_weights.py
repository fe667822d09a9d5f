import threading

import keras
import numpy as np
import pytest
from keras import ops

from foveal import layers
from foveal.focus import replaced_weights, uniform_weights
from foveal.focus.recording.hooks import patched
from foveal.layers.functional.keras_compat import unfused_attention

RNG = np.random.default_rng(0)
QUERY, VALUE = RNG.normal(size=(2, 3, 8)).astype("float32"), RNG.normal(size=(2, 5, 8)).astype("float32")
MASK = np.array([[True] * 5, [True] * 3 + [False] * 2])
REPLACEMENT = RNG.dirichlet(np.ones(5), (2, 4, 3)).astype("float32")


def model_of(layer, is_keras=False, **arguments):
    query, value = keras.Input((3, 8)), keras.Input((5, 8))
    mask = keras.Input((5,), dtype="bool")
    if is_keras:
        context = layer([query, value], mask=[None, mask])
    else:
        context = layer(query, value, value_mask=mask, **arguments)
    return keras.Model([query, value, mask], context)


def outputs_of(model):
    return keras.tree.map_structure(ops.convert_to_numpy, model([QUERY, VALUE, MASK]))


LAYERS_WITHOUT_HEADS = [
    layers.SoftAttention(),
    layers.SoftAttention("additive", distribution="sparsemax"),
    layers.SoftAttention(bias="coverage"),
    layers.HardAttention(),
    layers.MonotonicAttention(),
]


@pytest.mark.parametrize("layer", LAYERS_WITHOUT_HEADS, ids=lambda layer: layer.name)
def test_layers_without_heads_use_replaced_weights(layer):
    model = model_of(layer)
    with replaced_weights(model, uniform_weights):
        context = ops.convert_to_numpy(model([QUERY, VALUE, MASK]))
    expected = np.stack([VALUE[0].mean(axis=0), VALUE[1, :3].mean(axis=0)])
    np.testing.assert_allclose(
        context, np.broadcast_to(expected[:, None], context.shape), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("kind", [keras.layers.Attention, keras.layers.AdditiveAttention])
def test_keras_layers_without_heads_use_replaced_weights(kind):
    model = model_of(kind(), is_keras=True)
    with replaced_weights(model, lambda weights, mask: REPLACEMENT[:, :1]):
        context = model([QUERY, VALUE, MASK])
    np.testing.assert_allclose(context, REPLACEMENT[:, 0] @ VALUE, rtol=1e-4, atol=1e-5)


MULTI_HEAD_LAYERS = {
    "foveal": lambda: layers.MultiHeadAttention(4, 2),
    "foveal grouped": lambda: layers.MultiHeadAttention(4, 2, num_key_value_heads=2),
    "keras": lambda: keras.layers.MultiHeadAttention(4, 2),
    "keras grouped": lambda: keras.layers.GroupQueryAttention(2, 4, 2),
}


def identity(weights, mask):
    return weights


@pytest.mark.parametrize("make", MULTI_HEAD_LAYERS.values(), ids=MULTI_HEAD_LAYERS)
def test_identity_replacement_changes_nothing(make):
    for arguments in {}, {"use_causal_mask": True}, {"return_attention_scores": True}:
        model = model_of(make(), **arguments)
        before = outputs_of(model)
        with replaced_weights(model, identity):
            within = outputs_of(model)
        keras.tree.map_structure(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), before, within)


@pytest.mark.parametrize("make", MULTI_HEAD_LAYERS.values(), ids=MULTI_HEAD_LAYERS)
def test_replaced_weights_are_used_and_returned(make):
    model = model_of(make(), return_attention_scores=True)
    calls = []

    def replace(weights, mask):
        calls.append((tuple(weights.shape), ops.convert_to_numpy(mask)))
        return REPLACEMENT

    with replaced_weights(model, replace):
        output, weights = outputs_of(model)
    np.testing.assert_allclose(weights, REPLACEMENT, atol=1e-6)
    ((shape, mask),) = calls
    assert shape == (2, 4, 3, 5)
    np.testing.assert_array_equal(mask, np.broadcast_to(MASK[:, None, None], shape))
    with replaced_weights(model, lambda weights, mask: REPLACEMENT[:, ::-1].copy()):
        reversed_output, _ = outputs_of(model)
    assert not np.allclose(output, reversed_output)


def test_replacement_receives_causal_mask():
    for make in MULTI_HEAD_LAYERS["foveal"], MULTI_HEAD_LAYERS["keras"], MULTI_HEAD_LAYERS["keras grouped"]:
        model = model_of(make(), use_causal_mask=True)
        masks = []
        with replaced_weights(model, lambda weights, mask, masks=masks: [masks.append(mask), weights][1]):
            model([QUERY, VALUE, MASK])
        np.testing.assert_array_equal(masks[0][1, 3], np.tri(3, 5, dtype=bool) & MASK[1])


def test_gate_is_kept():
    layer = layers.MultiHeadAttention(2, 4, gate="sentinel")
    model = model_of(layer, return_attention_scores=True, return_decisions=True)
    before, _, decisions = outputs_of(model)
    with replaced_weights(model, identity):
        within, _, _ = outputs_of(model)
    np.testing.assert_allclose(before, within, atol=1e-5)
    with replaced_weights(model, lambda weights, mask: REPLACEMENT[:, :2]):
        _, replaced, again = outputs_of(model)
    np.testing.assert_allclose(replaced, REPLACEMENT[:, :2], atol=1e-6)
    np.testing.assert_allclose(again["gate"], decisions["gate"])


def test_recurrent_layers_are_replaced():
    cell = layers.AttentionCell(keras.layers.GRUCell(4), layers.SoftAttention("additive"))
    words, memory = keras.Input((3, 7)), keras.Input((5, 8))
    model = keras.Model([words, memory], layers.AttentionRNN(cell)(words, memory)[2])
    with replaced_weights(model, uniform_weights):
        weights = ops.convert_to_numpy(model([np.ones((2, 3, 7)), VALUE]))
    np.testing.assert_allclose(weights, np.full((2, 3, 5), 0.2), rtol=1e-5)


def test_local_attention_is_replaced():
    words = keras.Input((5, 8))
    layer = layers.LocalAttention(2, 4, window=1)
    model = keras.Model(words, layer(words, return_attention_scores=True)[1])
    with replaced_weights(model, uniform_weights):
        weights = model(VALUE)
    window = np.tri(5, k=1) * np.tri(5, k=1).T
    expected = window / window.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(weights, np.broadcast_to(expected, (2, 2, 5, 5)), rtol=1e-5)


def test_predict_uses_replacement_only_within_context():
    model = model_of(layers.MultiHeadAttention(2, 4))
    inputs = [QUERY, VALUE, MASK]
    before = model.predict(inputs, verbose=0)
    with replaced_weights(model, uniform_weights):
        within = model.predict(inputs, verbose=0)
        with replaced_weights(model, identity):
            nested = model.predict(inputs, verbose=0)
    after = model.predict(inputs, verbose=0)
    assert not np.allclose(before, within)
    np.testing.assert_allclose(nested, within, atol=1e-5)
    np.testing.assert_allclose(before, after, atol=1e-6)
    assert "compute_weights" not in vars(model.layers[-1])


def test_error_within_context_restores_model():
    model = model_of(layers.SoftAttention())
    with pytest.raises(RuntimeError), replaced_weights(model, identity):
        raise RuntimeError
    assert "compute_weights" not in vars(model.layers[-1])


@pytest.mark.filterwarnings("ignore:Gradients do not exist")  # of the scores
def test_fit_with_uniform_weights_does_not_train_scores():
    query, value = keras.Input((3, 8)), keras.Input((5, 8))
    layer = layers.SoftAttention("additive")
    model = keras.Model([query, value], keras.layers.Dense(1)(layer(query, value)))
    before = [ops.convert_to_numpy(weight).copy() for weight in model.trainable_weights]
    with replaced_weights(model, uniform_weights):
        model.compile("sgd", "mse", jit_compile=False)
        model.fit([QUERY, VALUE], np.ones((2, 3, 1)), verbose=0)
    moved = [not np.array_equal(a, b) for a, b in zip(before, model.trainable_weights, strict=True)]
    scores = len(layer.trainable_weights)
    assert scores > 0
    assert moved == [False] * scores + [True, True]


def test_only_selected_layers_are_replaced():
    words = keras.Input((5, 8))
    first, second = layers.SoftAttention(), layers.SoftAttention()
    outputs = [layer(words, words, return_attention_scores=True) for layer in (first, second)]
    model = keras.Model(words, [weights for _, weights in outputs])
    with replaced_weights(model, uniform_weights, [second]):
        first_weights, second_weights = model(VALUE)
    np.testing.assert_allclose(second_weights, np.full((2, 5, 5), 0.2), rtol=1e-5)
    assert not np.allclose(first_weights, second_weights)


def test_invalid_layers_or_rank_raise():
    plain = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="none in"), replaced_weights(plain, identity):
        pass
    with pytest.raises(ValueError, match="Dense"), replaced_weights(plain, identity, plain.layers):
        pass
    image = keras.Input((2, 3, 4))
    model = keras.Model(image, keras.layers.MultiHeadAttention(2, 3, attention_axes=(1, 2))(image, image))
    with replaced_weights(model, identity), pytest.raises(ValueError, match=r"\(1, 2, 2, 3, 2, 3\)"):
        model(np.ones((1, 2, 3, 4), "float32"))


def test_replacement_applies_in_other_threads():
    """In `fit`, `tf.distribute` calls the layers of each replica in a thread of its own."""
    model = model_of(layers.SoftAttention())
    outputs = []
    with replaced_weights(model, uniform_weights):
        thread = threading.Thread(target=lambda: outputs.append(outputs_of(model)))
        thread.start()
        thread.join()
        expected = outputs_of(model)
    np.testing.assert_allclose(outputs[0], expected)
    assert not np.allclose(expected, outputs_of(model))


def test_flash_attention_is_disabled_within_context():
    layer = keras.layers.MultiHeadAttention(4, 2, flash_attention=True)
    layer.build((2, 3, 8), (2, 5, 8))
    query, value = keras.Input((3, 8)), keras.Input((5, 8))
    with patched([(layer, unfused_attention(layer))]):
        model = keras.Model([query, value], layer(query, value))
    attributes = set(vars(layer))
    with replaced_weights(model, lambda weights, mask: 0 * weights):
        outputs = ops.convert_to_numpy(model([QUERY, VALUE]))
    np.testing.assert_allclose(outputs, np.zeros((2, 3, 8)), atol=1e-6)  # the bias is zero
    assert set(vars(layer)) == attributes
    assert layer._flash_attention is True

import keras
import numpy as np
import pytest
from keras import ops

from foveal.focus import record, total_variation, train_adversary
from foveal.layers import SoftAttention


def texts(num_informative):
    """Texts of four words in random order: the words 1 to `num_informative` once each, and word 3."""
    words = [*range(1, 1 + num_informative), *[3] * (4 - num_informative)]
    return np.random.default_rng(0).permuted(np.tile(words, (60, 1)), axis=1)


def attention_model():
    """Words 1 and 2 have the value of one class, word 3 of the other. Only the keys are trained."""
    text = keras.Input((4,), dtype="int32")
    keys = keras.layers.Embedding(4, 3, name="keys")(text)
    values = ops.where(ops.expand_dims(text, -1) < 3, 0.9, 0.1)
    layer = SoftAttention("dot")
    context = layer(ops.ones_like(keys[:, :1]), values, keys)[:, 0]
    model = keras.Model(text, ops.concatenate([context, 1 - context], axis=-1))
    model.get_layer("keys").set_weights([np.array([[0.0] * 3, [1.5] * 3, [0.0] * 3, [0.0] * 3])])
    return model, layer


@pytest.fixture(scope="module", params=[1, 2])
def case(request):
    model, layer = attention_model()
    inputs = texts(request.param)
    before = model.get_weights()
    keras.utils.set_random_seed(0)
    evaluation_inputs = inputs[:7]
    settings = {
        "divergence_weight": 0.05,
        "evaluation_inputs": evaluation_inputs,
        "epochs": 40,
        "learning_rate": 0.1,
    }
    return (
        request.param,
        model,
        layer,
        evaluation_inputs,
        before,
        train_adversary(model, inputs, layer, **settings),
    )


def test_divergence_is_large_only_with_redundant_words(case):
    num_informative, _, _, _, _, adversary = case
    assert adversary.change.max() < 0.1
    if num_informative == 1:
        assert adversary.divergence.max() < 0.1
    else:
        assert adversary.divergence.min() > 0.4


def test_result_matches_both_models(case):
    _, model, _, inputs, before, adversary = case
    outputs = [ops.convert_to_numpy(each(inputs)) for each in (model, adversary.model)]
    np.testing.assert_allclose(adversary.change, total_variation(*outputs), atol=1e-6)
    [focus] = record(adversary.model, inputs)
    np.testing.assert_allclose(adversary.weights[:, 0], focus.weights[:, 0], atol=1e-6)
    for original, current in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(original, current)  # the model is not trained
    assert "compute_weights" not in vars(adversary.layer)


def test_zero_divergence_weight_imitates_attention():
    model, layer = attention_model()
    keras.utils.set_random_seed(0)
    adversary = train_adversary(model, texts(1), layer, divergence_weight=0.0, epochs=40, learning_rate=0.1)
    assert adversary.change.shape == (60,)
    assert adversary.change.max() < 0.05
    assert adversary.divergence.max() < 0.05


def test_invalid_layer_raises():
    words = keras.Input((3, 4))
    layer = SoftAttention()
    twice = keras.Model(words, keras.layers.Softmax()(layer(layer(words, words), words)[:, 0]))
    with pytest.raises(ValueError, match="2 calls"):
        train_adversary(twice, np.ones((2, 3, 4)), layer)
    with pytest.raises(ValueError, match="attention layer of"):
        train_adversary(twice, np.ones((2, 3, 4)), SoftAttention())

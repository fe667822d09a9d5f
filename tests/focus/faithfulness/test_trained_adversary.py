import keras
import numpy as np
import pytest
from keras import ops

from foveal.focus import record, total_variation, train_adversary
from foveal.layers import SoftAttention


def texts(tellers):
    """Of four words, in any order, the words 1 to `tellers` are there once each, and else word 3."""
    words = [*range(1, 1 + tellers), *[3] * (4 - tellers)]
    return np.random.default_rng(0).permuted(np.tile(words, (60, 1)), axis=1)


def reader():
    """Words 1 and 2 tell one answer, 3 the other. Where to look, at word 1, is all that can be learned."""
    text = keras.Input((4,), dtype="int32")
    keys = keras.layers.Embedding(4, 3, name="keys")(text)
    telling = ops.where(ops.expand_dims(text, -1) < 3, 0.9, 0.1)
    layer = SoftAttention("dot")
    seen = layer(ops.ones_like(keys[:, :1]), telling, keys)[:, 0]
    model = keras.Model(text, ops.concatenate([seen, 1 - seen], axis=-1))
    model.get_layer("keys").set_weights([np.array([[0.0] * 3, [1.5] * 3, [0.0] * 3, [0.0] * 3])])
    return model, layer


@pytest.fixture(scope="module", params=[1, 2])
def case(request):
    model, layer = reader()
    inputs = texts(request.param)
    before = model.get_weights()
    keras.utils.set_random_seed(0)
    evaluation_inputs = inputs[:7]
    settings = {"strength": 0.05, "asked": evaluation_inputs, "epochs": 40, "learning_rate": 0.1}
    return (
        request.param,
        model,
        layer,
        evaluation_inputs,
        before,
        train_adversary(model, inputs, layer, **settings),
    )


def test_it_looks_elsewhere_only_where_elsewhere_tells_the_same(case):
    tellers, _, _, _, _, adversary = case
    assert adversary.change.max() < 0.1
    if tellers == 1:
        assert adversary.divergence.max() < 0.1
    else:
        assert adversary.divergence.min() > 0.4


def test_what_is_told_is_what_both_models_do(case):
    _, model, _, inputs, before, adversary = case
    answers = [ops.convert_to_numpy(one(inputs)) for one in (model, adversary.model)]
    np.testing.assert_allclose(adversary.change, total_variation(*answers), atol=1e-6)
    [focus] = record(adversary.model, inputs)
    np.testing.assert_allclose(adversary.weights[:, 0], focus.weights[:, 0], atol=1e-6)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)  # the model has learned nothing
    assert "attend" not in vars(adversary.layer)


def test_with_no_strength_it_only_imitates():
    model, layer = reader()
    keras.utils.set_random_seed(0)
    imitator = train_adversary(model, texts(1), layer, divergence_weight=0.0, epochs=40, learning_rate=0.1)
    assert imitator.change.shape == (60,)
    assert imitator.change.max() < 0.05
    assert imitator.divergence.max() < 0.05


def test_what_cannot_be_imitated_is_refused():
    words = keras.Input((3, 4))
    layer = SoftAttention()
    twice = keras.Model(words, keras.layers.Softmax()(layer(layer(words, words), words)[:, 0]))
    with pytest.raises(ValueError, match="2 calls"):
        train_adversary(twice, np.ones((2, 3, 4)), layer)
    with pytest.raises(ValueError, match="attention layer of"):
        train_adversary(twice, np.ones((2, 3, 4)), SoftAttention())

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from foveal.focus import AdversarialAttention, adversarial_attention, jensen_shannon, output_change
from foveal.layers import MultiHeadAttention, SoftAttention


def attention_model(layer):
    """Attention with given scores over words whose values are the probability of the first class."""
    scores, values = keras.Input((1, 4)), keras.Input((4, 1))
    mask = keras.Input((4,), dtype="bool")
    context = layer(scores, values, 0 * values + ops.eye(4)[None], value_mask=mask)
    context = keras.layers.Dropout(0.9)(context[:, 0])  # inactive outside of training
    return keras.Model([scores, values, mask], ops.concatenate([context, 1 - context], axis=-1))


SCORES = np.array([[[4.0, 0, 0, 0]]] * 3, "float32")
VALUES = np.array([[0.9, 0.9, 0.1, 0.1], [0.9, 0.1, 0.1, 0.1], [0.9, 0.5, 0.5, 0.9]], "float32")[..., None]
MASK = np.array([[True] * 4, [True] * 4, [True, True, True, False]])
INPUTS = [SCORES, VALUES, MASK]


@pytest.fixture(scope="module")
def search_result():
    layer = SoftAttention("dot")
    model = attention_model(layer)
    return (
        model,
        layer,
        adversarial_attention(model, INPUTS, layer, num_restarts=3, steps=200, learning_rate=0.1),
    )


def max_divergence_brute_force(values, mask, epsilon):
    """Maximum divergence over a grid of all maps."""
    counts = np.array([c for c in itertools.product(range(41), repeat=3) if sum(c) <= 40])
    maps = np.hstack([counts, 40 - counts.sum(axis=1, keepdims=True)]) / 40
    maps = maps[(maps[:, ~mask] == 0).all(axis=1)]
    reference = np.exp(SCORES[0, 0]) * mask
    reference /= reference.sum()
    return jensen_shannon(maps, reference)[np.abs((maps - reference) @ values) <= epsilon].max()


def test_max_divergence_is_near_brute_force(search_result):
    _, _, adversary = search_result
    best = [max_divergence_brute_force(*example, 0.02) for example in zip(VALUES[..., 0], MASK, strict=True)]
    assert best[0] > 0.6 > 0.1 > best[1]  # with or without another word of the same value
    result = adversary.max_divergence(0.02)
    assert (result <= np.array(best) + 0.01).all()
    assert result[0] >= 0.7 * best[0]


def test_change_matches_output_with_replaced_weights(search_result):
    model, layer, adversary = search_result
    assert adversary.weights.shape == (3, 3, 1, 1, 4)
    np.testing.assert_allclose(adversary.weights.sum(axis=-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(adversary.weights[:, 2, ..., 3], 0)
    for index in range(3):
        change = output_change(model, INPUTS, lambda *_, index=index: adversary.weights[index], [layer])
        np.testing.assert_allclose(adversary.change[index], change, atol=1e-6)


def test_model_is_unchanged(search_result):
    model, layer, _ = search_result
    assert "compute_weights" not in vars(layer)
    assert model.trainable_weights == []  # the search adds no weights


def test_max_divergence_respects_epsilon():
    adversary = AdversarialAttention(
        np.zeros(()), np.array([[0.6, 0.5], [0.2, 0.4]]), np.array([[0.2, 0.3], [0.01, 0.2]])
    )
    np.testing.assert_allclose(adversary.max_divergence(0.05), [0.2, 0])
    np.testing.assert_allclose(adversary.max_divergence(0.25), [0.6, 0.4])


def test_multi_head_attention_with_logits():
    words = keras.Input((3, 4))
    layer = MultiHeadAttention(2, 2)
    model = keras.Model(words, keras.layers.Dense(5)(layer(words, words)[:, -1]))
    inputs = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    adversary = adversarial_attention(model, inputs, layer, num_restarts=1, steps=5, output_fn=ops.softmax)
    assert adversary.weights.shape == (1, 2, 2, 3, 3)
    assert ((adversary.divergence >= 0) & (adversary.divergence <= np.log(2))).all()


def test_invalid_layer_or_outputs_raise():
    words = keras.Input((3, 4))
    layer = SoftAttention()
    model = keras.Model(words, layer(layer(words, words), words))
    with pytest.raises(ValueError, match="2 calls"):
        adversarial_attention(model, np.ones((1, 3, 4)), layer)
    second_layer = SoftAttention()
    model = keras.Model(words, keras.layers.Softmax()(second_layer(words, words)))
    with pytest.raises(ValueError, match=r"\(batch, classes\)"):
        adversarial_attention(model, np.ones((1, 3, 4)), second_layer)

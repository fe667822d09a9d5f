import itertools

import keras
import numpy as np
import pytest
from keras import ops

from foveal.focus import AdversarialAttention, adversarial_attention, jensen_shannon, output_change
from foveal.layers import MultiHeadAttention, SoftAttention


def reader(layer):
    """Attention with given scores over words that each tell the probability of the first class."""
    scores, telling = keras.Input((1, 4)), keras.Input((4, 1))
    mask = keras.Input((4,), dtype="bool")
    seen = layer(scores, telling, 0 * telling + ops.eye(4)[None], value_mask=mask)
    seen = keras.layers.Dropout(0.9)(seen[:, 0])  # silent, as in every call that is not training
    return keras.Model([scores, telling, mask], ops.concatenate([seen, 1 - seen], axis=-1))


SCORES = np.array([[[4.0, 0, 0, 0]]] * 3, "float32")
TELLING = np.array([[0.9, 0.9, 0.1, 0.1], [0.9, 0.1, 0.1, 0.1], [0.9, 0.5, 0.5, 0.9]], "float32")[..., None]
MASK = np.array([[True] * 4, [True] * 4, [True, True, True, False]])
INPUTS = [SCORES, TELLING, MASK]


@pytest.fixture(scope="module")
def found():
    layer = SoftAttention("dot")
    model = reader(layer)
    return (
        model,
        layer,
        adversarial_attention(model, INPUTS, layer, num_restarts=3, steps=200, learning_rate=0.1),
    )


def farthest_of_all(telling, mask, epsilon):
    """By brute force over a grid of all maps."""
    counts = np.array([c for c in itertools.product(range(41), repeat=3) if sum(c) <= 40])
    maps = np.hstack([counts, 40 - counts.sum(axis=1, keepdims=True)]) / 40
    maps = maps[(maps[:, ~mask] == 0).all(axis=1)]
    own = np.exp(SCORES[0, 0]) * mask
    own /= own.sum()
    return jensen_shannon(maps, own)[np.abs((maps - own) @ telling) <= epsilon].max()


def test_it_is_nearly_as_far_as_brute_force_gets(found):
    _, _, adversary = found
    best = [farthest_of_all(*one, 0.02) for one in zip(TELLING[..., 0], MASK, strict=True)]
    assert best[0] > 0.6 > 0.1 > best[1]  # one other word says the same, or none does
    got = adversary.max_divergence(0.02)
    assert (got <= np.array(best) + 0.01).all()
    assert got[0] >= 0.7 * best[0]


def test_what_is_told_is_what_the_model_does_with_these_weights(found):
    model, layer, adversary = found
    assert adversary.weights.shape == (3, 3, 1, 1, 4)
    np.testing.assert_allclose(adversary.weights.sum(axis=-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(adversary.weights[:, 2, ..., 3], 0)
    for place in range(3):
        change = output_change(model, INPUTS, lambda *_, place=place: adversary.weights[place], [layer])
        np.testing.assert_allclose(adversary.change[place], change, atol=1e-6)


def test_the_model_is_left_as_it_was(found):
    model, layer, _ = found
    assert "attend" not in vars(layer)
    assert model.trainable_weights == []  # none of the search has become its own


def test_only_answers_that_hardly_moved_count():
    adversary = AdversarialAttention(
        np.zeros(()), np.array([[0.6, 0.5], [0.2, 0.4]]), np.array([[0.2, 0.3], [0.01, 0.2]])
    )
    np.testing.assert_allclose(adversary.max_divergence(0.05), [0.2, 0])
    np.testing.assert_allclose(adversary.max_divergence(0.25), [0.6, 0.4])


def test_heads_queries_and_logits():
    words = keras.Input((3, 4))
    layer = MultiHeadAttention(2, 2)
    model = keras.Model(words, keras.layers.Dense(5)(layer(words, words)[:, -1]))
    inputs = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    adversary = adversarial_attention(model, inputs, layer, num_restarts=1, steps=5, output_fn=ops.softmax)
    assert adversary.weights.shape == (1, 2, 2, 3, 3)
    assert ((adversary.divergence >= 0) & (adversary.divergence <= np.log(2))).all()


def test_what_cannot_be_sought_is_refused():
    words = keras.Input((3, 4))
    layer = SoftAttention()
    model = keras.Model(words, layer(layer(words, words), words))
    with pytest.raises(ValueError, match="2 calls"):
        adversarial_attention(model, np.ones((1, 3, 4)), layer)
    other = SoftAttention()
    model = keras.Model(words, keras.layers.Softmax()(other(words, words)))
    with pytest.raises(ValueError, match=r"\(batch, classes\)"):
        adversarial_attention(model, np.ones((1, 3, 4)), other)

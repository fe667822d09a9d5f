from typing import Any

import keras
import numpy as np
import pytest

from foveal.layers import (
    Entmax,
    GumbelSoftmax,
    MultiHeadAttention,
    PerHead,
    SelfAttention,
    SoftAttention,
    distributions,
    entmax,
    masked_softmax,
    sparsemax,
)

rng = np.random.default_rng(0)
SCORES = rng.normal(size=(2, 3, 4, 5)).astype("float32")
MASK = rng.random((2, 1, 4, 5)) < 0.7
MASK[1, 0, 2] = False


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


class Carrying(distributions.Distribution):
    """A stand-in that gives back the weights of the query before."""

    state_keys = ("previous",)

    def call(self, scores, mask=None, training=None, previous: Any = None):
        return keras.ops.zeros_like(scores) + previous[..., None, :], {}


@pytest.mark.parametrize("shape", [(4, 5), (3, 4, 5), (1, 4, 5), (2, 1, 4, 5), (2, 3, 4, 5), (1, 3, 1, 5)])
def test_each_head_is_weighed_by_its_part(shape):
    mask = rng.random(shape) < 0.7
    weights, _ = PerHead(["softmax", Entmax(1.2), "sparsemax"])(SCORES, mask=mask)
    functions = (masked_softmax, lambda z, m: entmax(z, 1.2, m), sparsemax)
    for head, function in enumerate(functions):
        expected = function(SCORES[:, head], np.broadcast_to(mask, SCORES.shape)[:, head])
        np.testing.assert_allclose(to_numpy(weights)[:, head], to_numpy(expected), atol=1e-6)


def test_decisions_stand_at_the_heads_that_made_them():
    _, decisions = PerHead(["softmax", Entmax(1.2), GumbelSoftmax()])(SCORES, mask=MASK)
    alpha, sample, entropy = (to_numpy(decisions[name]) for name in ("alpha", "sample", "entropy"))
    np.testing.assert_allclose(alpha, np.broadcast_to([[0], [1.2], [0]], (2, 3, 4)), rtol=1e-6)
    best = np.where(MASK[:, 0], SCORES[:, 2], -np.inf).argmax(-1)
    np.testing.assert_array_equal(sample[:, 2], np.where(MASK[:, 0].any(-1), best, -1))
    np.testing.assert_array_equal(sample[:, :2], -1)
    np.testing.assert_array_equal(entropy[:, :2], 0)
    assert (entropy[0, 2] > 0).any()


def test_is_what_its_parts_are():
    soft, mixed = PerHead(["softmax", "sparsemax"]), PerHead(["softmax", "gumbel", Carrying()])
    assert (soft.is_stochastic, soft.is_hard, soft.is_ordered, soft.state_keys) == (False, False, False, ())
    assert (mixed.is_stochastic, mixed.is_hard, mixed.is_ordered, mixed.state_keys) == (
        True,
        False,
        False,
        ("previous",),
    )
    assert PerHead(["gumbel", "straight_through"]).is_hard


def test_what_a_part_carries_reaches_it():
    previous = rng.random((2, 3, 5)).astype("float32")
    weights, _ = PerHead(["softmax", Carrying(), Carrying()])(SCORES, previous=previous)
    expected = np.broadcast_to(previous[:, 1:, None], (2, 2, 4, 5))
    np.testing.assert_array_equal(to_numpy(weights)[:, 1:], expected)


def test_only_training_draws():
    layer = PerHead(["softmax", GumbelSoftmax(seed=1), "sparsemax"])
    looks = [to_numpy(layer(SCORES, training=training)[0]) for training in (False, False, True, True)]
    np.testing.assert_array_equal(looks[0], looks[1])
    np.testing.assert_array_equal(looks[2][:, ::2], looks[3][:, ::2])
    assert (looks[2][:, 1] != looks[3][:, 1]).any()


def test_saved_and_loaded_gives_the_same(tmp_path):
    inputs = keras.Input((None, 6))
    layer = SelfAttention(2, 3, distribution=PerHead(["softmax", Entmax(1.2)]))
    model = keras.Model(inputs, layer(inputs))
    model.set_weights([weight + 0.5 for weight in model.get_weights()])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = rng.normal(size=(2, 4, 6)).astype("float32")
    np.testing.assert_array_equal(to_numpy(loaded(x)), to_numpy(model(x)))


def test_as_many_parts_as_heads():
    part, message = PerHead(["softmax", "sparsemax"]), r"a head for each part, .* \(batch, 2, Tq, Tk\)"
    with pytest.raises(ValueError, match=message + r". Received shape: \(2, 3, 4, 5\)"):
        part(SCORES)
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(3, 4, distribution=part)(keras.Input((5, 6)), keras.Input((4, 6)))
    with pytest.raises(ValueError, match=message):
        SoftAttention(distribution=part)(np.ones((1, 2, 6)), np.ones((1, 3, 6)))


def test_an_unknown_part_names_the_known_ones():
    with pytest.raises(ValueError, match=r"Unknown distribution: expected one of .*'softest'"):
        PerHead(["softmax", "softest"])

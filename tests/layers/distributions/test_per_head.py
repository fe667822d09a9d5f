"""Per-head distribution: each head against its own distribution, decisions, state, saving and errors."""

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


class PreviousWeights(distributions.Distribution):
    """Distribution that repeats the weights of the query before."""

    state_keys = ("previous",)

    def call(self, scores, mask=None, training=None, previous: Any = None):
        return keras.ops.zeros_like(scores) + previous[..., None, :], {}


@pytest.mark.parametrize("shape", [(4, 5), (3, 4, 5), (1, 4, 5), (2, 1, 4, 5), (2, 3, 4, 5), (1, 3, 1, 5)])
def test_per_head_matches_distribution_of_each_head(shape):
    mask = rng.random(shape) < 0.7
    weights, _ = PerHead(["softmax", Entmax(1.2), "sparsemax"])(SCORES, mask=mask)
    functions = (masked_softmax, lambda z, m: entmax(z, 1.2, m), sparsemax)
    for head, function in enumerate(functions):
        expected = function(SCORES[:, head], np.broadcast_to(mask, SCORES.shape)[:, head])
        np.testing.assert_allclose(to_numpy(weights)[:, head], to_numpy(expected), atol=1e-6)


def test_per_head_decisions_have_defaults_in_other_heads():
    _, decisions = PerHead(["softmax", Entmax(1.2), GumbelSoftmax()])(SCORES, mask=MASK)
    alpha, sample, entropy = (to_numpy(decisions[name]) for name in ("alpha", "sample", "entropy"))
    np.testing.assert_allclose(alpha, np.broadcast_to([[0], [1.2], [0]], (2, 3, 4)), rtol=1e-6)
    mode = np.where(MASK[:, 0], SCORES[:, 2], -np.inf).argmax(-1)
    np.testing.assert_array_equal(sample[:, 2], np.where(MASK[:, 0].any(-1), mode, -1))
    np.testing.assert_array_equal(sample[:, :2], -1)
    np.testing.assert_array_equal(entropy[:, :2], 0)
    assert (entropy[0, 2] > 0).any()


def test_per_head_attributes_combine_those_of_its_distributions():
    soft, mixed = PerHead(["softmax", "sparsemax"]), PerHead(["softmax", "gumbel", PreviousWeights()])
    assert (soft.is_stochastic, soft.is_hard, soft.is_ordered, soft.state_keys) == (False, False, False, ())
    assert (mixed.is_stochastic, mixed.is_hard, mixed.is_ordered, mixed.state_keys) == (
        True,
        False,
        False,
        ("previous",),
    )
    assert PerHead(["gumbel", "straight_through"]).is_hard
    assert PerHead(["softmax", "monotonic"]).is_ordered


def test_per_head_passes_previous_weights_of_each_head():
    previous = rng.random((2, 3, 5)).astype("float32")
    weights, _ = PerHead(["softmax", PreviousWeights(), PreviousWeights()])(SCORES, previous=previous)
    expected = np.broadcast_to(previous[:, 1:, None], (2, 2, 4, 5))
    np.testing.assert_array_equal(to_numpy(weights)[:, 1:], expected)


def test_per_head_samples_in_training_only():
    layer = PerHead(["softmax", GumbelSoftmax(seed=1), "sparsemax"])
    weights = [to_numpy(layer(SCORES, training=training)[0]) for training in (False, False, True, True)]
    np.testing.assert_array_equal(weights[0], weights[1])
    np.testing.assert_array_equal(weights[2][:, ::2], weights[3][:, ::2])
    assert (weights[2][:, 1] != weights[3][:, 1]).any()


def test_per_head_saved_and_loaded_matches(tmp_path):
    inputs = keras.Input((None, 6))
    layer = SelfAttention(2, 3, distribution=PerHead(["softmax", Entmax(1.2)]))
    model = keras.Model(inputs, layer(inputs))
    model.set_weights([weight + 0.5 for weight in model.get_weights()])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = rng.normal(size=(2, 4, 6)).astype("float32")
    np.testing.assert_array_equal(to_numpy(loaded(x)), to_numpy(model(x)))


def test_per_head_config_round_trip():
    config = PerHead(["softmax", Entmax(1.2)]).get_config()
    assert PerHead.from_config(config).get_config() == config


def test_per_head_with_other_number_of_heads_raises():
    layer, message = (
        PerHead(["softmax", "sparsemax"]),
        r"a head for each distribution, .*\(batch, 2, Tq, Tk\)",
    )
    with pytest.raises(ValueError, match=message + r". Received: scores of shape \(2, 3, 4, 5\)"):
        layer(SCORES)
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(3, 4, distribution=layer)(keras.Input((5, 6)), keras.Input((4, 6)))
    with pytest.raises(ValueError, match=message):
        SoftAttention(distribution=layer)(np.ones((1, 2, 6)), np.ones((1, 3, 6)))


def test_per_head_with_unknown_distribution_raises():
    with pytest.raises(ValueError, match=r"one of \['entmax', .*Received: .*'softest'"):
        PerHead(["softmax", "softest"])

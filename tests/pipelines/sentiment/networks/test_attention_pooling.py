import keras
import numpy as np
import pytest
from keras import ops

from foveal.pipelines.sentiment.config import ModelConfig
from foveal.pipelines.sentiment.networks.attention_pooling import look, means, pool_segments

STATES = np.random.default_rng(0).normal(size=(2, 5, 8)).astype(np.float32)
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], bool)


def layer_of(function, **settings):
    """A model around symbolic inputs, its layer, and what the layer makes of the states."""
    states, mask = keras.Input((5, 8)), keras.Input((5,), dtype="bool")
    output = function(states, mask, ModelConfig(hidden_dim=8, num_heads=2, **settings), name="look")
    model = keras.Model([states, mask], output)
    seen = keras.Model(model.input, model.get_layer("look").output)
    return model, model.get_layer("look"), seen([STATES, MASK])


def test_means_are_those_of_each_stretch():
    members = np.array([[[1, 1, 0, 0, 0], [0, 0, 0, 1, 0], [0] * 5]] * 2, bool)
    found = ops.convert_to_numpy(means(STATES, members))
    np.testing.assert_allclose(found[:, 0], STATES[:, :2].mean(1), atol=1e-6)
    np.testing.assert_allclose(found[:, 1], STATES[:, 3], atol=1e-6)
    assert not found[:, 2].any()


def test_soft_spreads_over_what_counts_and_hard_chooses_for_each_head():
    _, _, (_, soft, *_) = layer_of(look, attention="soft")
    _, _, (_, hard, *_) = layer_of(look, attention="hard")
    assert tuple(soft.shape) == tuple(hard.shape) == (2, 2, 1, 5)
    np.testing.assert_allclose(soft[1].numpy()[..., 3:], 0)
    assert (soft[0].numpy() > 0).all()
    assert set(np.unique(hard)) == {0, 1}
    np.testing.assert_array_equal(np.sum(hard, -1), 1)


@pytest.mark.parametrize(("direction", "expected"), [(1, 1), (-1, 0)])
def test_the_gate_is_1_where_the_summary_decides_and_0_where_the_evidence_does(direction, expected):
    model, layer, _ = layer_of(look, attention="adaptive")
    for dense, weight in ((layer.gate.memory_dense, 50.0), (layer.gate.gate_dense, 50.0)):
        dense.bias.assign(np.full(8, weight))  # the sentinel is tanh(50) * sigmoid(50): all ones
    layer.query_dense.kernel.assign(np.zeros((8, 8)))
    layer.query_dense.bias.assign(np.full(8, direction * 500.0))  # agrees with it, or does not
    layer.key_dense.kernel.assign(np.zeros((8, 8)))  # and is indifferent to the states
    output, _, gate = keras.Model(model.input, layer.output)([STATES, MASK])
    np.testing.assert_allclose(gate, expected, atol=1e-4)
    if expected:
        np.testing.assert_allclose(output, layer.output_dense(np.ones((2, 1, 8))), atol=1e-4)


def test_a_stretch_without_states_has_no_evidence():
    members = np.array([[[1, 1, 0, 0, 0], [0] * 5]] * 2, bool)

    def within(states, mask, config, name):
        return pool_segments(states, mask, ops.convert_to_tensor(members), config, name)

    _, _, (_, weights, *_) = layer_of(within, attention="soft")
    np.testing.assert_allclose(weights.numpy()[:, :, 1], 0)
    np.testing.assert_allclose(weights.numpy()[:, :, 0].sum(-1), 1, atol=1e-6)


@pytest.mark.parametrize("attention", ["soft", "hard", "adaptive"])
def test_the_gate_is_there_where_it_was_asked_for(attention):
    assert (layer_of(look, attention=attention)[1].gate is not None) == (attention == "adaptive")

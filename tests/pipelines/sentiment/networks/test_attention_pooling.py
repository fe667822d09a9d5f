"""Tests of attention pooling: weights, gate, segment means."""

import keras
import numpy as np
import pytest
from keras import ops

from foveal.pipelines.sentiment.networks.attention_pooling import (
    pool_segments,
    pool_sequence,
    segment_means,
)

STATES = np.random.default_rng(0).normal(size=(2, 5, 8)).astype(np.float32)
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], bool)


def build_pooling(function, attention):
    """Return a model of pooling, its attention layer, and the outputs of the layer for `STATES`."""
    states, mask = keras.Input((5, 8)), keras.Input((5,), dtype="bool")
    output = function(states, mask, attention, num_heads=2, name="pooling")
    model = keras.Model([states, mask], output)
    layer = model.get_layer("pooling")
    return model, layer, keras.Model(model.input, layer.output)([STATES, MASK])


def test_segment_means_match_numpy():
    segment_mask = np.array([[[1, 1, 0, 0, 0], [0, 0, 0, 1, 0], [0] * 5]] * 2, bool)
    means = ops.convert_to_numpy(segment_means(STATES, segment_mask))
    np.testing.assert_allclose(means[:, 0], STATES[:, :2].mean(1), atol=1e-6)
    np.testing.assert_allclose(means[:, 1], STATES[:, 3], atol=1e-6)
    assert not means[:, 2].any()


def test_soft_weights_respect_mask_and_hard_weights_are_one_hot():
    _, _, (_, soft, *_) = build_pooling(pool_sequence, "soft")
    _, _, (_, hard, *_) = build_pooling(pool_sequence, "hard")
    assert tuple(soft.shape) == tuple(hard.shape) == (2, 2, 1, 5)
    np.testing.assert_allclose(soft[1].numpy()[..., 3:], 0)
    assert (soft[0].numpy() > 0).all()
    assert set(np.unique(hard)) == {0, 1}
    np.testing.assert_array_equal(np.sum(hard, -1), 1)


@pytest.mark.parametrize(("direction", "expected"), [(1, 1), (-1, 0)])
def test_gate_is_weight_of_sentinel(direction, expected):
    model, layer, _ = build_pooling(pool_sequence, "adaptive")
    for dense in (layer.gate.memory_dense, layer.gate.gate_dense):
        dense.bias.assign(np.full(8, 50.0))  # the sentinel is tanh(50) * sigmoid(50): all ones
    query, key = layer.query_dense, layer.key_dense
    query.kernel.assign(np.zeros(query.kernel.shape))
    query.bias.assign(np.full(query.bias.shape, direction * 500.0))  # parallel or opposite to the sentinel
    key.kernel.assign(np.zeros(key.kernel.shape))  # orthogonal to the states
    output, _, gate = keras.Model(model.input, layer.output)([STATES, MASK])
    np.testing.assert_allclose(gate, expected, atol=1e-4)
    if expected:
        np.testing.assert_allclose(
            output, layer.output_dense(np.ones((2, 1, layer.num_heads, layer.value_dim))), atol=1e-4
        )


def test_segment_without_states_has_zero_weights():
    segment_mask = np.array([[[1, 1, 0, 0, 0], [0] * 5]] * 2, bool)

    def pool(states, mask, *args, **kwargs):
        return pool_segments(states, mask, ops.convert_to_tensor(segment_mask), *args, **kwargs)

    _, _, (_, weights, *_) = build_pooling(pool, "soft")
    np.testing.assert_allclose(weights.numpy()[:, :, 1], 0)
    np.testing.assert_allclose(weights.numpy()[:, :, 0].sum(-1), 1, atol=1e-6)


@pytest.mark.parametrize("attention", ["soft", "hard", "adaptive"])
def test_only_adaptive_attention_has_gate(attention):
    assert (build_pooling(pool_sequence, attention)[1].gate is not None) == (attention == "adaptive")

"""Attention weights: replacement with and without a gate."""

import keras
import numpy as np

from foveal.layers.attention.attention_weights import AttentionWeights

WEIGHTS, OTHER_WEIGHTS = (np.random.default_rng(seed).dirichlet(np.ones(4), (2, 3)) for seed in (0, 1))


def test_with_weights_keeps_decisions_and_alignment():
    weights = AttentionWeights(WEIGHTS, {"sample": 1}, alignment=WEIGHTS)
    replaced = weights.with_weights(OTHER_WEIGHTS)
    assert replaced == AttentionWeights(OTHER_WEIGHTS, {"sample": 1}, None, WEIGHTS)


def test_with_weights_scales_value_weights_by_gate():
    gate = np.random.default_rng(2).random((2, 3))
    value_weights = keras.ops.convert_to_tensor((1 - gate)[..., None] * WEIGHTS)
    weights = AttentionWeights(WEIGHTS, {"gate": gate}, value_weights=value_weights)
    other = keras.ops.convert_to_tensor(OTHER_WEIGHTS)
    replaced = weights.with_weights(other)
    assert replaced.weights is other
    assert replaced.value_weights is not None
    value_weights = keras.ops.convert_to_numpy(replaced.value_weights)
    np.testing.assert_allclose(value_weights.sum(-1), 1 - gate, rtol=1e-6)

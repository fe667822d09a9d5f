"""Base class of attention layers: components, and weights computed separately from the output."""

import keras
import numpy as np
import pytest

from foveal.layers import Distribution, Dot, MultiHeadAttention, SoftAttention, Softmax
from foveal.layers.attention.attention_inputs import AttentionInputs


def test_component_accepts_name_or_instance():
    score, distribution = Dot(), Softmax()
    layer = SoftAttention(score, distribution=distribution)
    assert (layer.score, layer.distribution) == (score, distribution)
    assert isinstance(SoftAttention("dot", distribution="softmax").score, Dot)


def test_custom_distribution_is_used():
    class Hardest(Distribution):
        def call(self, scores, mask=None, training=None):
            selected = keras.ops.argmax(scores, axis=-1)
            return keras.ops.one_hot(selected, scores.shape[-1]), {"selected": selected}

    query, value = np.array([[[1.0, 0.0]]]), np.array([[[0.0, 3.0], [2.0, 5.0]]])
    context, decisions = SoftAttention("dot", distribution=Hardest())(query, value, return_decisions=True)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(context), [[[2, 5]]])
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(decisions["selected"]), [[1]])


@pytest.mark.parametrize("gate", [None, "sentinel"])
def test_compute_weights_and_apply_weights_match_call(gate):
    rng = np.random.default_rng(0)
    query, value = (rng.normal(size=(2, length, 6)).astype("float32") for length in (3, 5))
    layer = MultiHeadAttention(2, 4, bias="alibi", gate=gate)
    expected, scores = layer(query, value, return_attention_scores=True)
    inputs = AttentionInputs(query, value)
    projected, memory = layer.project_inputs(inputs)
    context = layer.build_attention_context(inputs, memory["key"])
    sentinel = layer.make_sentinel(inputs, context)
    weights = layer.compute_weights(projected, memory, context, sentinel=sentinel)
    output = layer.project_output(layer.apply_weights(weights, memory["value"], sentinel=sentinel))
    for actual, wanted in ((output, expected), (weights.weights, scores)):
        np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (actual, wanted)), atol=1e-6)


def test_state_with_invalid_keys_raises():
    layer = SoftAttention(bias="coverage")
    with pytest.raises(ValueError, match=r"`state` must have the keys \['coverage'\].*\['position'\]"):
        layer(np.zeros((1, 1, 2)), np.zeros((1, 3, 2)), state={"position": np.zeros((1, 1))})

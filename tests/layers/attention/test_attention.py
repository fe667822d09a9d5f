"""Base class of attention layers: inputs, outputs and components."""

import itertools

import keras
import numpy as np
import pytest

from foveal.layers import Distribution, Dot, SoftAttention, Softmax
from foveal.layers.attention.argument_checks import check_built
from foveal.layers.attention.attention_inputs import AttentionInputs
from foveal.layers.attention.attention_outputs import AttentionOutputs


def test_attention_outputs_select_returns_only_requested_outputs():
    outputs = AttentionOutputs(1, 2, 3)
    assert outputs.select(False, False) == 1
    assert outputs.select(False, True) == (1, 3)
    assert outputs.select(True, True) == (1, 2, 3)
    assert AttentionOutputs(1, 2, 3, cache={}, state=5).select(False, True) == (1, 3, {}, 5)


@pytest.mark.parametrize("flags", list(itertools.product([False, True], repeat=4)))
def test_attention_outputs_from_call_inverts_select(flags):
    scores, decisions, cache, state = flags
    outputs = AttentionOutputs(1, 2, 3, 4 if cache else None, 5 if state else None)
    result = outputs.select(scores, decisions)
    expected = outputs._replace(attention_scores=2 if scores else None, decisions=3 if decisions else None)
    assert AttentionOutputs.from_call(result, *flags) == expected


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


def test_check_shapes_accepts_unknown_sizes():
    AttentionInputs(keras.Input((None, 3)), keras.Input((None, 4)), keras.Input((5, 4))).check_shapes()


@pytest.mark.parametrize("shape", [(2,), (2, 3), (2, 3, 4, 5)])
def test_check_shapes_of_other_rank_raises(shape):
    with pytest.raises(ValueError, match="`query` must have shape") as error:
        AttentionInputs(np.zeros(shape)).check_shapes()
    assert str(shape) in str(error.value)


def test_check_built_of_unbuilt_layer_raises():
    layer = keras.layers.Dense(2)
    with pytest.raises(ValueError, match="must be built or called first"):
        check_built(layer)
    layer.build((None, 3))
    check_built(layer)

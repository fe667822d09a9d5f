import keras
import numpy as np
import pytest

from foveal.focus.faithfulness.observed_weights import collect_weights, observe_weights, predict_probabilities
from foveal.layers import MultiHeadAttention

INPUTS = np.random.default_rng(0).normal(size=(5, 3, 4)).astype("float32")


@pytest.fixture(scope="module")
def layer():
    return MultiHeadAttention(2, 2)


@pytest.fixture(scope="module")
def model(layer):
    words = keras.Input((3, 4))
    return keras.Model(
        words, keras.layers.Dense(2, "softmax")(layer(words, words, use_causal_mask=True)[:, 0])
    )


@pytest.mark.parametrize("batch_size", [None, 2, 5])
def test_observe_weights_matches_layer_and_model(model, layer, batch_size):
    observed = observe_weights(model, INPUTS, layer, batch_size)
    _, expected = layer(INPUTS, INPUTS, use_causal_mask=True, return_attention_scores=True)
    np.testing.assert_allclose(observed.weights, keras.ops.convert_to_numpy(expected), atol=1e-6)
    probabilities = keras.ops.convert_to_numpy(model(INPUTS))
    np.testing.assert_allclose(observed.probabilities, probabilities, atol=1e-6)
    np.testing.assert_array_equal(observed.mask, np.broadcast_to(np.tri(3, dtype=bool), (5, 2, 3, 3)))


def test_collect_weights_collects_each_call(model, layer):
    with collect_weights(model, layer) as calls:
        model(INPUTS)
        model(INPUTS[:2])
    assert [tuple(weights.shape) for weights, _ in calls] == [(5, 2, 3, 3), (2, 2, 3, 3)]


def test_predict_probabilities_of_logits_raises(model):
    def logits(outputs):
        return outputs - 1

    with pytest.raises(ValueError, match=r"output_fn=keras\.ops\.softmax"):
        predict_probabilities(model, INPUTS, logits)


def test_repeated_call_raises():
    words, layer = keras.Input((3, 4)), MultiHeadAttention(2, 2)
    model = keras.Model(words, keras.layers.Softmax()(layer(layer(words, words), words)))
    with pytest.raises(ValueError, match=r"called exactly once by the model. Received: 2 calls"):
        observe_weights(model, INPUTS, layer)

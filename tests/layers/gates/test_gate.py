"""Gates of a user: the hooks of the base class, one or both."""

import keras
import numpy as np

from foveal.layers import MultiHeadAttention
from foveal.layers.gates import Gate

QUERY, VALUE = np.ones((2, 3, 8), "float32"), np.ones((2, 4, 8), "float32")
ALL = {"return_attention_scores": True, "return_decisions": True}


class HalfGate(Gate):
    """Halves the output, and has a sentinel of zeros."""

    has_sentinel = True

    def make_sentinel(self, query):
        return keras.ops.zeros_like(query)

    def gate_output(self, query, output):
        return output / 2, {"half": keras.ops.full_like(output[..., 0], 0.5)}


def run(layer):
    return keras.tree.map_structure(keras.ops.convert_to_numpy, layer(QUERY, VALUE, **ALL))


def test_base_gate_changes_nothing():
    plain, gated = MultiHeadAttention(2, 4), MultiHeadAttention(2, 4, gate=Gate())
    expected = run(plain)
    run(gated)
    gated.set_weights(plain.get_weights())
    keras.tree.map_structure(np.testing.assert_array_equal, run(gated), expected)


def test_gate_with_both_hooks_applies_both():
    layer = MultiHeadAttention(2, 4, gate=HalfGate(), use_bias=False, value_dim=4)
    output, weights, decisions = run(layer)
    beta = decisions["gate"]
    np.testing.assert_allclose(weights, 0.25, rtol=1e-6)
    np.testing.assert_allclose(decisions["half"], 0.5)
    assert ((beta > 0) & (beta < 1)).all()
    share = np.repeat((1 - beta).swapaxes(1, 2), 4, axis=-1)  # of each element of the heads
    heads = keras.ops.convert_to_numpy(layer.value_dense(VALUE))[:, :1].reshape(2, 1, -1) * share / 2
    np.testing.assert_allclose(
        output, keras.ops.convert_to_numpy(layer.output_dense(heads.reshape(2, 3, 2, 4))), atol=1e-6
    )

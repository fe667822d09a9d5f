import keras
import numpy as np
import pytest

from foveal import layers
from foveal.focus import attention_gradients, record

RANDOM = np.random.default_rng(0)
QUERY, VALUE = RANDOM.random((5, 3, 8), "float32"), RANDOM.random((5, 4, 8), "float32")
DIRECTION = RANDOM.normal(size=8).astype("float32")


def project_second_query(y):
    """A linear output of the second query for each example."""
    return keras.ops.matmul(y[:, 1], DIRECTION)


def build_model(call):
    query, value = keras.Input((3, 8)), keras.Input((4, 8))
    return keras.Model([query, value], call(query, value))


@pytest.mark.parametrize(
    ("layer", "call"),
    [
        (keras.layers.Attention(), lambda layer, query, value: layer([query, value])),
        (layers.SoftAttention(), lambda layer, query, value: layer(query, value)),
    ],
    ids=["keras", "foveal"],
)
def test_gradient_of_context_is_value(layer, call):
    """The context of query i is sum_k w_ik v_k: its gradient by w_ik is v_k."""
    model = build_model(lambda query, value: call(layer, query, value))
    before = dict(vars(layer))
    [(focus, gradients)] = attention_gradients(model, [QUERY, VALUE], project_second_query)
    np.testing.assert_allclose(gradients[:, 0, 1], VALUE @ DIRECTION, rtol=1e-5)
    assert not gradients[:, 0, [0, 2]].any()
    np.testing.assert_allclose(focus.weights, record(model, [QUERY, VALUE])[0].weights, atol=1e-6)
    assert vars(layer).keys() == before.keys()


def test_gradient_of_frozen_multi_head_attention_is_projected_value():
    layer = keras.layers.MultiHeadAttention(2, 4)
    model = build_model(lambda query, value: layer(query, value))
    layer.trainable = False
    [(_, gradients)] = attention_gradients(model, [QUERY, VALUE], project_second_query)
    values = keras.ops.convert_to_numpy(layer.value_dense(VALUE))  # (batch, keys, heads, width)
    output_kernel = keras.ops.convert_to_numpy(layer.output_dense.kernel) @ DIRECTION  # (heads, width)
    np.testing.assert_allclose(
        gradients[:, :, 1], np.einsum("bkhw,hw->bhk", values, output_kernel), rtol=1e-4, atol=1e-6
    )


def test_undefined_gradient_raises():
    pooled = keras.Sequential([keras.Input((3, 8)), layers.AttentionPooling(name="pool")])
    with pytest.raises(ValueError, match=r"does not depend on those of pool"):
        attention_gradients(pooled, QUERY, lambda y: y[:, 0])
    with pytest.raises(ValueError, match=r"for each example, shape \(5,\). Received: shape \(5, 8\)"):
        attention_gradients(pooled, QUERY, lambda y: y)
    with pytest.raises(ValueError, match="must have an attention layer"):
        attention_gradients(keras.Sequential([keras.layers.Dense(2)]), QUERY, lambda y: y[:, 0, 0])

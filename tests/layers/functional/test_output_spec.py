"""Specs and shapes of outputs, traced from the call of a layer."""

import keras
import numpy as np
import pytest

from foveal.layers.functional.output_spec import traced_output_shape, traced_output_spec


@keras.saving.register_keras_serializable(package="tests")
class TwoOutputs(keras.layers.Layer):
    """Layer with weights, a second output on request, and another dtype there."""

    def build(self, inputs_shape):
        self.dense = keras.layers.Dense(4)
        self.dense.build(inputs_shape)

    def call(self, inputs, return_sign=False):
        outputs = self.dense(inputs)
        return (outputs, {"sign": keras.ops.cast(outputs[..., 0] > 0, "int32")}) if return_sign else outputs


@pytest.mark.parametrize("is_built", [False, True])
def test_traced_spec_is_that_of_the_call(is_built):
    layer, inputs = TwoOutputs(), np.ones((2, 3), "float32")
    if is_built:
        layer.build((None, 3))
    output, decisions = traced_output_spec(layer, keras.KerasTensor((None, 3)), return_sign=True)
    assert layer.built == is_built
    assert (tuple(output.shape), output.dtype) == ((None, 4), "float32")
    assert (tuple(decisions["sign"].shape), decisions["sign"].dtype) == ((None,), "int32")
    assert traced_output_shape(layer, (None, 3)) == (None, 4)
    assert tuple(layer(inputs).shape) == (2, 4)

"""Projections to and from heads against `keras.layers.EinsumDense`."""

import keras
import numpy as np
import pytest

from foveal.layers.head_projection import HeadProjection

CASES = {
    "to heads": ("abc,cde->abde", (None, 4, 5), "de", (2, 3, 6)),
    "from heads": ("abcd,cde->abe", (None, 5), "e", (2, 3, 4, 6)),
    "to several axes": ("abcd,cdef->abef", (None, 5, 7), "ef", (2, 3, 4, 6)),
    "one query": ("abc,cde->abde", (None, 4, 5), "de", (2, 1, 6)),
    "one query to three axes": ("abcd,cdefg->abefg", (None, 2, 5, 7), "efg", (2, 1, 4, 6)),
    "without bias": ("abc,cde->abde", (None, 4, 5), None, (2, 3, 6)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("batch", [2, 0])
def test_head_projection_matches_einsum_dense(name, batch):
    equation, output_shape, bias_axes, shape = CASES[name]
    arguments = {"output_shape": output_shape, "bias_axes": bias_axes, "activation": "sigmoid"}
    layer = HeadProjection(equation, bias_initializer="random_normal", **arguments)
    peer = keras.layers.EinsumDense(equation, **arguments)
    x = np.random.default_rng(1).normal(size=shape).astype("float32")[:batch]
    for dense in (layer, peer):
        dense.build(shape)
    for rank in (0, 2):
        if rank:
            layer.enable_lora(rank)
            layer.lora_kernel_b.assign(np.ones(layer.lora_kernel_b.shape))
        weights = [keras.ops.convert_to_numpy(w) for w in (layer.kernel, layer.bias) if w is not None]
        peer.set_weights(weights)
        outputs = [keras.ops.convert_to_numpy(dense(x)) for dense in (layer, peer)]
        np.testing.assert_allclose(*outputs, atol=1e-5)


def test_quantized_projection_is_close():
    layer = HeadProjection("abc,cde->abde", output_shape=(None, 4, 5), bias_axes="de")
    x = np.random.default_rng(1).normal(size=(2, 3, 6)).astype("float32")
    expected = keras.ops.convert_to_numpy(layer(x))
    layer.quantize("int8")
    assert layer._kernel.dtype == "int8"
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(x)), expected, atol=0.1)


def test_inputs_of_other_width_raise():
    layer = HeadProjection("abc,cde->abde", output_shape=(None, 4, 5))
    layer.build((None, None, 6))
    with pytest.raises(ValueError, match="expected axis -1 of input shape to have value 6"):
        layer(np.ones((2, 3, 7)))

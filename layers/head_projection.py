"""Projection to and from heads: one matrix product for kernels with the axes of Keras's."""

import math

import keras
from keras import ops

from .functional.tensor import Tensor


class HeadProjection(keras.layers.EinsumDense):
    """`EinsumDense` for inputs `(batch, T, ...)`, whose call is one matrix product.

    Kernel, LoRA and quantization are those of `keras.layers.EinsumDense`. The gradient of a matrix product is
    faster than that of an einsum.

    Example:
        >>> layer = HeadProjection("abc,cde->abde", output_shape=(None, 2, 4), bias_axes="de")
        >>> tuple(layer(np.ones((1, 3, 8))).shape), tuple(layer.kernel.shape)
        ((1, 3, 2, 4), (8, 2, 4))
    """

    def build(self, input_shape: tuple) -> None:
        super().build(input_shape)
        self.supports_masking = True  # a mask of the inputs is no reason for a warning
        self.input_spec = keras.layers.InputSpec(ndim=len(input_shape), axes={-1: input_shape[-1]})

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        kernel, contracted = self.kernel, len(inputs.shape) - 2
        sizes = kernel.shape[contracted:]
        width = math.prod(kernel.shape[:contracted])
        batch, length = ops.shape(inputs)[:2]
        inputs = inputs if contracted == 1 else ops.reshape(inputs, (batch, length, width))
        outputs = ops.matmul(inputs, ops.reshape(kernel, (width, math.prod(sizes))))
        if self.bias is None:
            outputs = ops.reshape(outputs, (batch, length, *sizes))
        elif inputs.shape[1] in (1, None) and len(sizes) > 1:  # perhaps one step of a search
            # XLA moves a reshape behind the addition, and then computes the product of one row slowly.
            rows = ops.unstack(ops.reshape(self.bias, (-1, sizes[-1])))
            outputs = ops.add(outputs, ops.concatenate(rows))
            outputs = ops.reshape(outputs, (batch, length, *sizes))
        else:
            outputs = ops.add(ops.reshape(outputs, (batch, length, *sizes)), self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def quantize(self, mode: str | None = None, type_check: bool = True, config: object = None) -> None:
        """Quantize the kernel, as `EinsumDense` does for its own type alone."""
        super().quantize(mode, type_check=False, config=config)

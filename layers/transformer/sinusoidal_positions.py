"""Sinusoidal position encoding (Vaswani et al. 2017)."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from ..functional.output_spec import traced_output_spec
from ..functional.precision import working_dtype
from ..functional.tensor import Tensor, TensorTree


@keras.saving.register_keras_serializable(package="foveal")
class SinusoidalPositions(keras.layers.Layer):
    """Sinusoidal position encoding, added to embeddings (Vaswani et al. 2017).

    `PE(p, 2i) = sin(p / 10000^(2i/dim))`, `PE(p, 2i+1) = cos(p / 10000^(2i/dim))`; computed in
    each call, so that there is no maximum length.

    Call arguments:
        inputs: `(batch, T, dim)`.
        start: position of the first input, an int or a scalar; for step-by-step decoding.
        positions: positions of the inputs, integers `(batch or 1, T)`, for several packed texts in a
            row; counted from `start` when None.

    Returns:
        The sum `(batch, T, dim)`.

    Raises:
        ValueError: if the inputs are not `(batch, T, dim)`.

    Example:
        >>> np.array(SinusoidalPositions()(np.zeros((1, 1, 4)))).tolist()
        [[[0.0, 1.0, 0.0, 1.0]]]

    Reference:
        Vaswani et al. 2017, Attention Is All You Need, section 3.5.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Tensor, start: int | Tensor = 0, positions: Tensor | None = None) -> Tensor:
        if len(inputs.shape) != 3:
            raise ValueError(
                f"`inputs` must have shape (batch, length, dim). Received: inputs.shape={tuple(inputs.shape)}"
            )
        length, dim = ops.shape(inputs)[1], inputs.shape[-1]
        dtype = working_dtype(inputs.dtype)
        frequencies = np.exp(-math.log(10_000) * np.arange(0, dim, 2) / dim)
        if positions is None:
            positions = start + ops.arange(length, dtype="int32")[None]
        angles = ops.expand_dims(ops.cast(positions, dtype), -1) * ops.convert_to_tensor(
            frequencies, dtype
        )  # (batch or 1, T, dim / 2)
        encoding = ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1)
        encoding = ops.reshape(encoding, (-1, length, 2 * len(frequencies)))[..., :dim]
        return inputs + ops.cast(encoding, inputs.dtype)

    def compute_output_shape(self, inputs_shape: tuple) -> tuple:
        return inputs_shape

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> TensorTree:
        return traced_output_spec(self, *args, **kwargs)

    def get_config(self) -> dict:
        """Return the config.

        It is written out because Keras derives a config only from arguments of basic types, and a
        dtype policy is none of them.
        """
        return super().get_config()

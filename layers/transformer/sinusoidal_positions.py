"""Where a token stands, told to a layer that sees a set."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="foveal")
class SinusoidalPositions(keras.layers.Layer):
    """Adds waves of growing length to embeddings (Vaswani et al. 2017).

    `PE(p, 2i) = sin(p / 10000^(2i/dim))`, `PE(p, 2i+1) = cos(p / 10000^(2i/dim))`; computed on
    the fly, so that no length is the greatest.

    Call arguments:
        inputs: `(batch, T, dim)`.
        start: position of the first input, an int or a scalar; for decoding step by step.
        positions: where each input stands, integers `(batch or 1, T)`, for texts one behind the other in
            a row; counted from `start` when None.

    Returns:
        `(batch, T, dim)`.

    Example:
        >>> np.array(SinusoidalPositions()(np.zeros((1, 1, 4)))).tolist()
        [[[0.0, 1.0, 0.0, 1.0]]]

    Reference:
        Vaswani et al. 2017, Attention Is All You Need, section 3.5.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Any, start: Any = 0, positions: Any = None) -> Any:
        if len(inputs.shape) != 3:
            raise ValueError(f"Expected inputs (batch, length, dim). Received shape: {tuple(inputs.shape)}")
        length, dim = ops.shape(inputs)[1], inputs.shape[-1]
        rates = np.exp(-math.log(10_000) * np.arange(0, dim, 2) / dim).astype("float32")
        if positions is None:
            positions = start + ops.arange(length, dtype="int32")[None]
        angles = ops.cast(positions, "float32")[..., None] * rates  # (batch or 1, T, dim / 2)
        waves = ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1)
        waves = ops.reshape(waves, (-1, length, 2 * len(rates)))[..., :dim]
        return inputs + ops.cast(waves, inputs.dtype)

    def get_config(self) -> dict:
        """Written out, as Keras derives it from plain arguments alone and a dtype is none."""
        return super().get_config()

"""Rotary position embedding of queries and keys (Su et al. 2021)."""

from typing import Any

import keras
import numpy as np
from keras import ops

from ..functional.precision import working_dtype
from ..functional.tensor import Tensor
from .bias import Bias


@keras.saving.register_keras_serializable(package="foveal")
class Rotary(Bias):
    """Rotary position embedding, which rotates queries and keys by their positions (Su et al. 2021).

    The pair of components `(x_i, x_{i + dim/2})` of the vector at position `p` is rotated by the
    angle `p * max_wavelength^(-2i / dim)`. The dot product of query and key then depends only on
    their distance. The paper pairs neighbouring components; the same permutation of the components
    of queries and keys maps one form to the other.

    Args:
        max_wavelength: the wavelength of the slowest pair is nearly `2 pi` times this.

    Raises:
        ValueError: if queries or keys have an odd width.

    Example:
        >>> from foveal.layers import SelfAttention
        >>> layer = SelfAttention(num_heads=2, key_dim=4, bias="rotary")
        >>> tuple(layer(np.ones((1, 3, 5)), use_causal_mask=True).shape)
        (1, 3, 5)

    Reference:
        Su et al. 2021, RoFormer: Enhanced Transformer with Rotary Position Embedding, section 3.2.
    """

    state_keys = ("position",)

    def __init__(self, max_wavelength: float = 10000, **kwargs: Any):
        super().__init__(**kwargs)
        self.max_wavelength = max_wavelength

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        for name, width in (("query", query_shape[-1]), ("key", key_shape[-1])):
            if width % 2:
                raise ValueError(
                    f"`{name}` must have an even width for rotary positions. Received: width={width}"
                )

    def transform(self, inputs: Tensor, positions: Tensor) -> Tensor:
        return rotate(inputs, positions, self.max_wavelength)

    def get_config(self) -> dict:
        return {**super().get_config(), "max_wavelength": self.max_wavelength}


def rotate(inputs: Tensor, positions: Tensor, max_wavelength: float = 10000) -> Tensor:
    """Rotate each pair `(x_i, x_{i + dim/2})` by its angle, in float32 or wider.

    Args:
        inputs: `(..., T, dim)`, `dim` even.
        positions: int, broadcasts to `(..., T)`.
        max_wavelength: as in `Rotary`.

    Returns:
        A tensor like `inputs`; every vector keeps its norm.

    Example:
        >>> rotated = rotate(np.array([[3.0, 4.0]]), np.array([7]))
        >>> tuple(rotated.shape), round(float(np.linalg.norm(rotated)), 4)
        ((1, 2), 5.0)
    """
    half = inputs.shape[-1] // 2
    dtype = working_dtype(inputs.dtype)
    frequencies = float(max_wavelength) ** (-np.arange(half) / half)
    angles = ops.expand_dims(ops.cast(positions, dtype), -1) * ops.convert_to_tensor(frequencies, dtype)
    cos, sin = ops.cos(angles), ops.sin(angles)
    first, second = ops.split(ops.cast(inputs, dtype), 2, axis=-1)
    rotated = ops.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)
    return ops.cast(rotated, inputs.dtype)

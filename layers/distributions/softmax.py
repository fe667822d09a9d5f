"""Masked softmax with temperature."""

from typing import Any

import keras
from keras import ops

from ..functional.tensor import Tensor
from .distribution import Distribution

_LOWEST = -3.4e38  # near the least float32, and not infinite: inf - inf is NaN


def masked_softmax(scores: Tensor, mask: Tensor | None = None, temperature: float = 1.0) -> Tensor:
    """Compute the softmax over the last axis, of unmasked keys.

    A masked key has weight exactly 0; a row of masked keys has zeros. This holds in half precision,
    too, because the sum is computed in float32.

    Args:
        scores: `(..., Tk)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.
        temperature: above 0; divides the scores.

    Returns:
        Weights of the shape and dtype of `scores`.

    Raises:
        ValueError: if `temperature` is not above 0.

    Example:
        >>> np.array(masked_softmax(np.zeros(3), np.array([True, False, True]))).tolist()
        [0.5, 0.0, 0.5]
    """
    _check_temperature(temperature)
    dtype = keras.backend.standardize_dtype(scores.dtype)
    if dtype in ("float16", "bfloat16"):
        scores = ops.cast(scores, "float32")
    if temperature != 1:  # a division by 1 would cost a pass over the scores
        scores = scores / temperature
    if mask is None:
        return ops.cast(ops.softmax(scores), dtype)
    weights = ops.softmax(ops.where(mask, scores, ops.cast(_LOWEST, scores.dtype)))
    return ops.cast(ops.where(mask, weights, ops.zeros((), weights.dtype)), dtype)


@keras.saving.register_keras_serializable(package="foveal")
class Softmax(Distribution):
    """Softmax over the unmasked keys, with temperature: `softmax(scores / temperature)`.

    Args:
        temperature: above 0. Low values concentrate the weight on the keys with the highest scores,
            high values spread it evenly.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.
        training: not used.

    Returns:
        The weights, and the decisions, `{}`.

    Raises:
        ValueError: if `temperature` is not above 0.

    Example:
        >>> weights, _ = Softmax()(np.zeros((1, 2)), mask=np.array([[True, False]]))
        >>> np.array(weights).tolist()
        [[1.0, 0.0]]
    """

    def __init__(self, temperature: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        _check_temperature(temperature)
        self.temperature = temperature

    def call(
        self, scores: Tensor, mask: Tensor | None = None, training: bool | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        return masked_softmax(scores, mask, self.temperature), {}

    def get_config(self) -> dict:
        return {**super().get_config(), "temperature": self.temperature}


def _check_temperature(temperature: float) -> None:
    if not temperature > 0:
        raise ValueError(f"`temperature` must be above 0. Received: temperature={temperature}")

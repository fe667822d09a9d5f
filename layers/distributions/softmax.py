"""Weight for every key, the more relevant the more."""

from typing import Any

import keras
from keras import ops

from .distribution import Distribution

_LOWEST = -3.4e38  # near the least float32, and no infinity: inf - inf is NaN


def masked_softmax(scores: Any, mask: Any = None, temperature: float = 1.0) -> Any:
    """Softmax over the last axis, of the keys that may be seen.

    A masked key gets exactly 0; a row without any key gets zeros, in half precision too, since
    the sum is taken in float32.

    Args:
        scores: `(..., Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.
        temperature: above 0; what the scores are divided by.

    Returns:
        Weights of the shape and dtype of `scores`.

    Raises:
        ValueError: if `temperature` is not above 0.
    """
    _check(temperature)
    dtype = keras.backend.standardize_dtype(scores.dtype)
    if dtype in ("float16", "bfloat16"):
        scores = ops.cast(scores, "float32")
    if temperature != 1:  # where it is, a pass over the scores is saved
        scores = scores / temperature
    if mask is None:
        return ops.cast(ops.softmax(scores), dtype)
    weights = ops.softmax(ops.where(mask, scores, ops.cast(_LOWEST, scores.dtype)))
    return ops.cast(ops.where(mask, weights, ops.zeros((), weights.dtype)), dtype)


@keras.saving.register_keras_serializable(package="foveal")
class Softmax(Distribution):
    """Spreads the weight over all keys that may be seen: `softmax(scores / temperature)`.

    Args:
        temperature: above 0. The lower, the more of the weight the most relevant keys get; near 0
            the best alone, at infinity all the same.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.
        training: whether the model is being trained; softmax does not ask.

    Returns:
        The weights, and what was decided (nothing: `{}`).

    Raises:
        ValueError: if `temperature` is not above 0.

    Example:
        >>> weights, _ = Softmax()(np.zeros((1, 2)), mask=np.array([[True, False]]))
        >>> np.array(weights).tolist()
        [[1.0, 0.0]]
    """

    def __init__(self, temperature: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        _check(temperature)
        self.temperature = temperature

    def call(self, scores: Any, mask: Any = None, training: bool | None = None) -> tuple[Any, dict]:
        return masked_softmax(scores, mask, self.temperature), {}

    def get_config(self) -> dict:
        return {**super().get_config(), "temperature": self.temperature}


def _check(temperature: float) -> None:
    if not temperature > 0:
        raise ValueError(f"`temperature` must be above 0. Received: {temperature}")

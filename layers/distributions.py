"""How relevance becomes weight: the distribution slot."""

from typing import Any

import keras
from keras import ops

from . import slots

_LOWEST = -3.4e38  # near the least float32, and no infinity: inf - inf is NaN


def masked_softmax(scores: Any, mask: Any = None) -> Any:
    """Softmax over the last axis, of the keys that may be seen.

    A masked key gets exactly 0; a row without any key gets zeros, in half precision too, since
    the sum is taken in float32.

    Args:
        scores: `(..., Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.

    Returns:
        Weights of the shape and dtype of `scores`.
    """
    dtype = keras.backend.standardize_dtype(scores.dtype)
    if dtype in ("float16", "bfloat16"):
        scores = ops.cast(scores, "float32")
    if mask is None:
        return ops.cast(ops.softmax(scores), dtype)
    weights = ops.softmax(ops.where(mask, scores, ops.cast(_LOWEST, scores.dtype)))
    return ops.cast(ops.where(mask, weights, ops.zeros((), weights.dtype)), dtype)


@keras.saving.register_keras_serializable(package="foveal")
class Softmax(keras.layers.Layer):
    """Spreads the weight over all keys that may be seen.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.

    Returns:
        The weights, and what was decided (nothing: `{}`).

    Example:
        >>> weights, _ = Softmax()(np.zeros((1, 2)), mask=np.array([[True, False]]))
        >>> np.array(weights).tolist()
        [[1.0, 0.0]]
    """

    def __init__(self, **kwargs: Any):
        super().__init__(autocast=False, **kwargs)  # scores may be wider than the layer computes

    def call(self, scores: Any, mask: Any = None) -> tuple[Any, dict]:
        return masked_softmax(scores, mask), {}

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        """Weights carry no mask of their own."""

    def get_config(self) -> dict:
        """Written out, as Keras derives it from plain arguments alone and a dtype is none."""
        return super().get_config()


PARTS = {"softmax": Softmax}


def get(identifier: Any, **arguments: Any) -> Any:
    """Turns `"softmax"` or a layer into the part of the distribution slot."""
    return slots.get(identifier, PARTS, "distribution", **arguments)

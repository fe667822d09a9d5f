"""The equation in one kernel of the backend, which keeps the weights to itself."""

from typing import Any

import keras
from keras import ops

from .distributions import Softmax
from .scores import ScaledDot

_LOWEST = {"float16": -6e4}  # near the least number, and no infinity: a row of these has a softmax


def suits(score: Any, distribution: Any, key: Any, value: Any) -> bool:
    """Whether the backend has a kernel for these parts; that of TensorFlow is no faster than ours."""
    return (
        keras.backend.backend() in ("jax", "torch")
        and type(score) is ScaledDot
        and type(distribution) is Softmax
        and distribution.temperature == 1
        and key.shape[-1] == value.shape[-1]
    )


def attend(query: Any, key: Any, value: Any, leaning: Any, mask: Any) -> Any:
    """`softmax(query . key / root of width + leaning) . value`.

    Args:
        query: `(batch, heads, Tq, dim)`, or without heads.
        key, value: `(batch, heads or groups of them, Tk, dim)`, or without heads.
        leaning: what biases add to the scores, broadcasts to `(..., Tq, Tk)`; or None.
        mask: boolean that broadcasts to `(..., Tq, Tk)`, True where a key may be seen; or None.

    Returns:
        The context, like `query`; zeros where no key may be seen.
    """
    if len(query.shape) == 3:  # one head
        leaning, mask = (x if x is None or len(x.shape) < 3 else x[:, None] for x in (leaning, mask))
        return attend(query[:, None], key[:, None], value[:, None], leaning, mask)[:, 0]
    dtype = keras.backend.standardize_dtype(query.dtype)
    if mask is not None:
        leaning = ops.zeros((), dtype) if leaning is None else ops.cast(leaning, dtype)
        leaning = ops.where(mask, leaning, ops.cast(_LOWEST.get(dtype, -1e38), dtype))
    if leaning is not None:
        leaning = leaning[(None,) * (4 - len(leaning.shape))]
    heads_last = (ops.swapaxes(x, 1, 2) for x in (query, key, value))
    context = ops.swapaxes(ops.dot_product_attention(*heads_last, bias=leaning), 1, 2)
    if mask is None:
        return context
    return context * ops.cast(ops.any(mask, axis=-1, keepdims=True), dtype)

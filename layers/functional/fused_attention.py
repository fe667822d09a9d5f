"""The equation in one kernel of the backend, which keeps the weights to itself."""

from typing import Any

import keras
from keras import ops

from ..distributions import Softmax
from ..scores import ScaledDot

_LOWEST = {"float16": -6e4}  # near the least number, and no infinity: a row of these has a softmax


def is_supported(score: Any, distribution: Any, key: Any, value: Any) -> bool:
    """Whether the backend has a kernel for these parts; that of TensorFlow is no faster than ours."""
    return (
        keras.backend.backend() in ("jax", "torch")
        and type(score) is ScaledDot
        and type(distribution) is Softmax
        and distribution.temperature == 1
        and key.shape[-1] == value.shape[-1]
    )


def fused_attention(query: Any, key: Any, value: Any, bias: Any, mask: Any) -> Any:
    """`softmax(query . key / root of width + bias) . value`.

    Args:
        query: `(batch, heads, Tq, dim)`, or without heads.
        key, value: `(batch, heads or groups of them, Tk, dim)`, or without heads.
        bias: what biases add to the scores, broadcasts to `(..., Tq, Tk)`; or None.
        mask: boolean that broadcasts to `(..., Tq, Tk)`, True where a key may be seen; or None.

    Returns:
        The context, like `query`; zeros where no key may be seen.
    """
    if len(query.shape) == 3:  # one head
        bias, mask = (x if x is None or len(x.shape) < 3 else x[:, None] for x in (bias, mask))
        return fused_attention(query[:, None], key[:, None], value[:, None], bias, mask)[:, 0]
    dtype = keras.backend.standardize_dtype(query.dtype)
    if mask is not None:
        bias = ops.zeros((), dtype) if bias is None else ops.cast(bias, dtype)
        bias = ops.where(mask, bias, ops.cast(_LOWEST.get(dtype, -1e38), dtype))
    if bias is not None:
        bias = bias[(None,) * (4 - len(bias.shape))]
    heads_last = (ops.swapaxes(x, 1, 2) for x in (query, key, value))
    context = ops.swapaxes(ops.dot_product_attention(*heads_last, bias=bias), 1, 2)
    if mask is None:
        return context
    return context * ops.cast(ops.any(mask, axis=-1, keepdims=True), dtype)

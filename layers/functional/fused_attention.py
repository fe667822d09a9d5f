"""Fused dot-product attention through the kernel of the backend; returns no weights."""

import keras
from keras import ops

from .tensor import Tensor

_MASKED_SCORES = {"float16": -6e4}  # near the lowest finite number: a row of these has a softmax


def is_supported(key: Tensor, value: Tensor) -> bool:
    """Return whether the backend has a kernel for these widths and this dtype.

    The kernel of TensorFlow is not faster than separate operations, and is not used. That of JAX does not
    compile in float16 on a CPU.
    """
    backend = keras.backend.backend()
    if backend == "jax" and keras.backend.standardize_dtype(key.dtype) == "float16":
        return False
    return backend in ("jax", "torch") and key.shape[-1] == value.shape[-1]


def fused_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None,
    mask: Tensor | None,
    flash_attention: bool | None = None,
) -> Tensor:
    """Compute `softmax(query . key + bias) . value`.

    Args:
        query: `(batch, heads, Tq, dim)`, or `(batch, Tq, dim)` without heads.
        key, value: `(batch, heads or groups, Tk, dim)`, or `(batch, Tk, dim)` without heads.
        bias: added to the scores, broadcasts to `(..., Tq, Tk)`; or None.
        mask: boolean that broadcasts to `(..., Tq, Tk)`, True at visible keys; or None.
        flash_attention: whether to use flash attention; None for wherever the backend can.

    Returns:
        The context, of the shape of `query`; zeros where all keys are masked.
    """
    if len(query.shape) == 3:  # without heads
        bias, mask = (x if x is None or len(x.shape) < 3 else x[:, None] for x in (bias, mask))
        query, key, value = (x[:, None] for x in (query, key, value))
        return fused_attention(query, key, value, bias, mask, flash_attention)[:, 0]
    dtype = keras.backend.standardize_dtype(query.dtype)
    if mask is not None:
        bias = ops.zeros((), dtype) if bias is None else ops.cast(bias, dtype)
        bias = ops.where(mask, bias, ops.cast(_MASKED_SCORES.get(dtype, -1e38), dtype))
    if bias is not None:
        bias = bias[(None,) * (4 - len(bias.shape))]
    heads_last = (ops.swapaxes(x, 1, 2) for x in (query, key, value))
    context = ops.dot_product_attention(*heads_last, bias=bias, scale=1.0, flash_attention=flash_attention)
    context = ops.swapaxes(context, 1, 2)
    if mask is None:
        return context
    return context * ops.cast(ops.any(mask, axis=-1, keepdims=True), dtype)

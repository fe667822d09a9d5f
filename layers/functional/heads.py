"""Attention heads: split, group and initialize them."""

from collections.abc import Callable, Sequence

import keras
from keras import ops

from .tensor import Tensor


def split_heads(inputs: Tensor, num_heads: int) -> Tensor:
    """Reshape `(batch, T, heads * dim)` to `(batch, heads, T, dim)`."""
    batch, length = ops.shape(inputs)[:2]
    heads = ops.reshape(inputs, (batch, length, num_heads, inputs.shape[-1] // num_heads))
    return ops.transpose(heads, (0, 2, 1, 3))


def group_queries(heads: Tensor, key: Tensor) -> Tensor:
    """Merge the heads that share a key, for grouped-query attention (Ainslie et al. 2023).

    Args:
        heads: `(batch, heads, Tq, dim)`, or without heads.
        key: `(batch, groups, Tk, dim)`, or without heads.

    Returns:
        `(batch, groups, heads / groups * Tq, dim)`; `heads` unchanged without heads, or with as many
        groups as heads.
    """
    if len(heads.shape) == 3 or heads.shape[1] == key.shape[1]:
        return heads
    batch, _, _, dim = ops.shape(heads)
    return ops.reshape(heads, (batch, key.shape[1], -1, dim))


def ungroup_queries(grouped: Tensor, like: Tensor) -> Tensor:
    """Invert `group_queries`.

    Args:
        grouped: `(batch, groups, heads / groups * Tq, dim)`.
        like: a tensor with the heads and queries of the result, `(batch, heads, Tq, ...)`.

    Returns:
        `(batch, heads, Tq, dim)`.
    """
    if len(like.shape) == 3 or grouped.shape[1] == like.shape[1]:
        return grouped
    batch, heads, length, _ = ops.shape(like)
    return ops.reshape(grouped, (batch, heads, length, ops.shape(grouped)[-1]))


def fused_initializer(initializer: keras.initializers.Initializer, units: Sequence[int]) -> Callable:
    """Return an initializer of a fused kernel that initializes each block as a separate kernel.

    Args:
        initializer: a `keras.initializers.Initializer`; a clone initializes each block.
        units: widths of the blocks along the last axis.
    """

    def initialize(shape: tuple, dtype: str | None = None) -> Tensor:
        blocks = [initializer.clone()((*shape[:-1], size), dtype=dtype) for size in units]
        return ops.concatenate(blocks, axis=-1)

    return initialize


def check_sizes(**sizes: int | None) -> None:
    """Check sizes such as `num_heads`; None is valid.

    Raises:
        ValueError: if a size is not a positive integer.
    """
    for name, size in sizes.items():
        if size is not None and (not isinstance(size, int) or size < 1):
            raise ValueError(f"The argument `{name}` must be a positive integer. Received: {name}={size}")

"""Several heads side by side in one matrix product: how they are split, joined and initialized."""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops


def split_heads(inputs: Any, num_heads: int) -> Any:
    """`(batch, T, heads * dim)` to `(batch, heads, T, dim)`."""
    batch, length = ops.shape(inputs)[:2]
    heads = ops.reshape(inputs, (batch, length, num_heads, inputs.shape[-1] // num_heads))
    return ops.transpose(heads, (0, 2, 1, 3))


def merge_heads(heads: Any) -> Any:
    """`(batch, heads, T, dim)` to `(batch, T, heads * dim)`."""
    batch, _, length, _ = ops.shape(heads)
    width = heads.shape[1] * heads.shape[3]
    return ops.reshape(ops.transpose(heads, (0, 2, 1, 3)), (batch, length, width))


def group_queries(heads: Any, key: Any) -> Any:
    """The queries of heads that share a key become queries of one head.

    `(batch, heads, Tq, dim)` to `(batch, groups, heads / groups * Tq, dim)`; anything without
    heads, or with a key for each, stays as it is.
    """
    if len(heads.shape) == 3 or heads.shape[1] == key.shape[1]:
        return heads
    batch, _, _, dim = ops.shape(heads)
    return ops.reshape(heads, (batch, key.shape[1], -1, dim))


def ungroup_queries(grouped: Any, like: Any) -> Any:
    """Undoes `group_queries`: back to the heads and the length of `like`."""
    if len(like.shape) == 3 or grouped.shape[1] == like.shape[1]:
        return grouped
    batch, heads, length, _ = ops.shape(like)
    return ops.reshape(grouped, (batch, heads, length, ops.shape(grouped)[-1]))


def fused_initializer(initializer: Any, widths: Sequence[int]) -> Callable:
    """Initializes a fused kernel block by block, as if each were a kernel of its own."""

    def initialize(shape: tuple, dtype: Any = None) -> Any:
        blocks = [initializer.clone()((*shape[:-1], width), dtype=dtype) for width in widths]
        return ops.concatenate(blocks, axis=-1)

    return initialize


def check_heads(num_heads: int, key_dim: int) -> None:
    """Raises a `ValueError` unless there is something to attend with."""
    if num_heads < 1 or key_dim < 1:
        raise ValueError(f"`num_heads` and `key_dim` must be 1 or more. Received: {num_heads} and {key_dim}")

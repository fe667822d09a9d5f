"""Beams that share a memory: fold them into the queries of one example and back."""

import keras
from keras import ops

from .tensor import Tensor, TensorTree


def repeat_rows(tensors: TensorTree, rows: int | Tensor) -> TensorTree:
    """Repeat each example of a memory for the neighbouring rows (beams) that share it.

    Args:
        tensors: any structure of tensors `(batch, ...)` and None.
        rows: size of the first axis of the result, a multiple of batch.

    Returns:
        The same structure of tensors `(rows, ...)`.
    """

    def repeat(tensor: Tensor | None) -> Tensor | None:
        if tensor is None or tensor.shape[0] == rows:
            return tensor
        return ops.repeat(tensor, rows // ops.shape(tensor)[0], axis=0)

    return keras.tree.map_structure(repeat, tensors)


def fold_beams(tensor: Tensor, batch_size: int | Tensor) -> Tensor:
    """Reshape `(batch * beams, T, ...)` to `(batch, beams * T, ...)`."""
    return ops.reshape(tensor, (batch_size, -1, *ops.shape(tensor)[2:]))


def unfold_beams(tensor: Tensor, rows: int | Tensor, length: int | Tensor, axis: int) -> Tensor:
    """Invert `fold_beams` for a tensor with further axes before the queries, such as heads.

    Args:
        tensor: `(batch, ..., beams * T, ...)`.
        rows: batch * beams.
        length: T.
        axis: the axis of the queries.

    Returns:
        `(batch * beams, ..., T, ...)`.
    """
    shape = ops.shape(tensor)
    axis = axis % len(shape)
    split = ops.reshape(tensor, (*shape[:axis], -1, length, *shape[axis + 1 :]))
    split = ops.moveaxis(split, axis, 1)
    return ops.reshape(split, (rows, *ops.shape(split)[2:]))

"""Checks of the shapes of tensors that a call is given."""

from collections.abc import Sequence

from .tensor import Tensor


def check_shape(name: str, tensor: Tensor, expected: Sequence[int | None], broadcast: bool = False) -> None:
    """Check the shape of a tensor where its sizes are statically known.

    Args:
        name: of the argument, for the error.
        tensor: of any shape.
        expected: its sizes; None for any.
        broadcast: whether a size may be 1 instead.

    Raises:
        ValueError: if rank or a size differs.
    """
    shape = tuple(tensor.shape)
    fits = len(shape) == len(expected) and all(
        size is None or wanted is None or size == wanted or (broadcast and size == 1)
        for size, wanted in zip(shape, expected, strict=True)
    )
    if not fits:
        raise ValueError(f"`{name}` must have shape {tuple(expected)}. Received: {name}.shape={shape}")

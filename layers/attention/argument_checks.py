"""Checks of arguments that several attention layers share."""

import keras

from ..distributions import Distribution
from ..functional.tensor import Tensor


def check_value_shape(value_shape: tuple | None) -> tuple:
    """Return the shape of `value`, from which a layer builds its weights.

    Raises:
        ValueError: if the first call of the layer has no `value`.
    """
    if value_shape is None:
        raise ValueError("`value` must be given in the first call of the layer. Received: value=None")
    return value_shape


def check_key_shape(value_shape: tuple, key_shape: tuple | None) -> tuple:
    """Return the shape of the keys, that of `value` when None.

    Raises:
        ValueError: if an axis of `value` and `key` differs, the last one apart.
    """
    if key_shape is None:
        return value_shape
    sizes, key_sizes = value_shape[1:-1], key_shape[1:-1]
    if len(value_shape) != len(key_shape) or any(
        None not in pair and pair[0] != pair[1] for pair in zip(sizes, key_sizes, strict=True)
    ):
        raise ValueError(
            "`key` must have the length of `value`: their axes between batch and width must be equal. "
            f"Received: shape of value {tuple(value_shape)}, shape of key {tuple(key_shape)}"
        )
    return key_shape


def check_sentinel(distribution: Distribution, key_dim: int = 1, value_dim: int = 1) -> None:
    """Check that a sentinel may join the keys of a distribution.

    Raises:
        ValueError: if the distribution reads the keys in order, or keys and values differ in width.
    """
    if distribution.is_ordered:
        raise ValueError(
            "`distribution` must accept keys in any order, because the sentinel of a gate has no position. "
            f"Received: distribution={distribution}"
        )
    if value_dim != key_dim:
        raise ValueError(
            f"`value_dim` must equal `key_dim`, {key_dim}, with a gate that makes a sentinel, both key "
            f"and value. Received: value_dim={value_dim}"
        )


def check_sentinel_dim(sentinel: Tensor, dim: int) -> None:
    """Check that the sentinel of a gate has the width of all heads together.

    Raises:
        ValueError: if it has another width.
    """
    if sentinel.shape[-1] != dim:
        raise ValueError(
            f"`gate` must return a sentinel of width {dim}, num_heads * value_dim. "
            f"Received: a sentinel of width {sentinel.shape[-1]}"
        )


def check_built(layer: keras.layers.Layer) -> None:
    """Check that a layer has its weights.

    Raises:
        ValueError: if the layer is not built.
    """
    if not layer.built:
        raise ValueError(f"The layer must be built or called first. Received: {layer}")

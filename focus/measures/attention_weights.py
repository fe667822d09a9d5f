"""Validation and normalization of attention weights for the measures."""

import numpy as np
import numpy.typing as npt


def validate_weights(
    weights: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Convert weights to float64 and mask them, or raise.

    Args:
        weights: `(..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may attend to a key.

    Returns:
        The weights, 0 where they are masked, and the mask in their shape.

    Raises:
        ValueError: if weights are NaN, infinite or negative, have fewer than two axes, or the mask does not
            broadcast.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if weights.ndim < 2:
        raise ValueError(
            f"`weights` must have shape (..., queries, keys). Received: weights.shape={weights.shape}"
        )
    invalid = ~np.isfinite(weights) | (weights < 0)
    if invalid.any():
        raise ValueError(
            f"`weights` must be finite and at least 0. Received: {invalid.sum()} invalid weights, "
            f"such as {weights[invalid][0]}"
        )
    mask = np.ones((), dtype=bool) if mask is None else np.asarray(mask, dtype=bool)
    try:
        mask = np.broadcast_to(mask, weights.shape)
    except ValueError:
        raise ValueError(
            f"`mask` must broadcast to the weights, {weights.shape}. Received: mask.shape={mask.shape}"
        ) from None
    return np.where(mask, weights, 0), mask


def normalize_weights(
    weights: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Mask weights and divide each row by its sum; an empty or fully masked row becomes NaN.

    Args:
        weights: `(..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may attend to a key.

    Returns:
        The normalized weights, and the mask in their shape.

    Raises:
        ValueError: as in `validate_weights`.
    """
    weights, mask = validate_weights(weights, mask)
    total = weights.sum(axis=-1, keepdims=True)
    return weights / np.where(total > 0, total, np.nan), mask

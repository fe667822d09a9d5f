"""Rows of weights that can be measured: what every measure asks for first."""

import numpy as np
import numpy.typing as npt


def validate_weights(
    weights: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The weights as float64, 0 where they are masked, and the mask in their shape.

    Args:
        weights: `(..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may look at a key.

    Raises:
        ValueError: if weights are NaN, infinite or negative, have no two axes, or the mask does not fit.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if weights.ndim < 2:
        raise ValueError(f"Expected weights of shape (..., queries, keys). Received: {weights.shape}.")
    unfit = ~np.isfinite(weights) | (weights < 0)
    if unfit.any():
        raise ValueError(
            f"Expected finite weights of 0 or more. Received: {unfit.sum()} others, "
            f"such as {weights[unfit][0]}."
        )
    seen = np.ones((), dtype=bool) if mask is None else np.asarray(mask, dtype=bool)
    try:
        seen = np.broadcast_to(seen, weights.shape)
    except ValueError:
        raise ValueError(
            f"Expected a mask that broadcasts to the weights, {weights.shape}. Received: {seen.shape}."
        ) from None
    return np.where(seen, weights, 0), seen


def normalize_weights(
    weights: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The same with rows that sum to 1; a row without weight, or whose keys are all masked, is NaN."""
    weights, seen = validate_weights(weights, mask)
    total = weights.sum(axis=-1, keepdims=True)
    return weights / np.where(total > 0, total, np.nan), seen

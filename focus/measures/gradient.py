"""Gradient times attention (Serrano and Smith 2019)."""

import numpy as np
import numpy.typing as npt

from .attention_weights import validate_weights


def gradient_times_attention(
    weights: npt.ArrayLike, gradients: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> np.ndarray:
    """Multiply each weight by the gradient of an output: its first-order contribution to the output.

    Args:
        weights: `(..., queries, keys)`.
        gradients: of one output, such as the logit of a class, by the weights; of the same shape.
        mask: boolean that broadcasts to the weights, true where a query may attend to a key.

    Returns:
        Of the same shape, signed; 0 where a weight is 0 or masked.

    Raises:
        ValueError: if weights are NaN, infinite or negative, gradients are not finite, or shapes differ.

    Example:
        >>> gradient_times_attention([[0.75, 0.25]], [[2.0, -4.0]]).tolist()
        [[1.5, -1.0]]

    Reference:
        Serrano and Smith 2019, Is Attention Interpretable? (its rankings by gradient); Barkan et al. 2021,
        Grad-SAM: Explaining Transformers via Gradient Self-Attention Maps.
    """
    weights, _ = validate_weights(weights, mask)
    gradients = np.asarray(gradients, dtype=np.float64)
    if gradients.shape != weights.shape or not np.isfinite(gradients).all():
        raise ValueError(
            f"`gradients` must be finite and have the shape of the weights, {weights.shape}. "
            f"Received: gradients.shape={gradients.shape}, {(~np.isfinite(gradients)).sum()} not finite"
        )
    return weights * gradients

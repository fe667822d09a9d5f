"""What a weight adds to an output, as far as its gradient tells."""

import numpy as np
import numpy.typing as npt

from .attention_weights import validate_weights


def gradient_times_attention(
    weights: npt.ArrayLike, gradients: npt.ArrayLike, mask: npt.ArrayLike | None = None
) -> np.ndarray:
    """Each weight times the gradient of an output by it: to first order, what the output loses without it.

    Args:
        weights: `(..., queries, keys)`.
        gradients: of one output, such as the logit of a class, by the weights; of the same shape.
        mask: boolean that broadcasts to the weights, true where a query may look at a key.

    Returns:
        Of the same shape, with a sign; 0 where a weight is 0 or masked.

    Raises:
        ValueError: if weights are NaN, infinite or negative, gradients not finite, or shapes differ.

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
            f"Expected a finite gradient for each weight, {weights.shape}. Received: {gradients.shape}, "
            f"{(~np.isfinite(gradients)).sum()} not finite."
        )
    return weights * gradients

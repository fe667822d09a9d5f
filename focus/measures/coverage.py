"""How much each key was looked at in all."""

import numpy as np
import numpy.typing as npt

from .attention_weights import validate_weights


def coverage(weights: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> np.ndarray:
    """What each key got from all queries together, `sum_i w_ij`.

    Args:
        weights: `(..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may look at a key; what is masked
            adds nothing.

    Returns:
        `(..., keys)`. In translation about 1 for a source word that was translated once, 0 for one that was
        left out, more for one that was repeated.

    Raises:
        ValueError: if weights are NaN, infinite or negative, have no two axes, or the mask does not fit.

    Example:
        >>> coverage([[0.5, 0.5, 0.0], [0.25, 0.75, 0.0]]).tolist()
        [0.75, 1.25, 0.0]

    Reference:
        Tu et al. 2016, Modeling Coverage for Neural Machine Translation, section 3.
    """
    return validate_weights(weights, mask)[0].sum(axis=-2)

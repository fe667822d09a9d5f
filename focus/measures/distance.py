"""How far a query looks."""

import numpy as np
import numpy.typing as npt

from .attention_weights import normalize_weights


def mean_distance(
    weights: npt.ArrayLike,
    mask: npt.ArrayLike | None = None,
    queries: npt.ArrayLike | None = None,
    keys: npt.ArrayLike | None = None,
) -> np.ndarray:
    """The mean distance between a query and the keys that it looks at, `sum_j p_ij |i - j|`.

    Args:
        weights: `(..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may look at a key.
        queries: where each stands, `(queries,)` or, as the centre of an image region, `(queries, 2)`; 0, 1,
            2 ... by default. Then the distance is the straight line.
        keys: the same of the keys.

    Returns:
        `(..., queries)`, in the unit of the positions; NaN for a row without weight or whose keys are all
        masked.

    Raises:
        ValueError: if weights are NaN, infinite or negative, have no two axes, or mask or positions do not
            fit.

    Example:
        >>> mean_distance([[1.0, 0.0, 0.0], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]]).tolist()
        [0.0, 1.0, 1.5]

    Reference:
        Vig and Belinkov 2019, Analyzing the Structure of Attention in a Transformer Language Model (attention
        distance).
    """
    p, _ = normalize_weights(weights, mask)
    here, there = _places("queries", queries, p.shape[-2]), _places("keys", keys, p.shape[-1])
    if here.shape[1] != there.shape[1]:
        raise ValueError(
            f"Expected queries and keys in one space. Received: positions {here.shape} and {there.shape}."
        )
    far = np.sqrt(((here[:, None] - there) ** 2).sum(axis=-1))
    return (p * far).sum(axis=-1)


def _places(name: str, places: npt.ArrayLike | None, length: int) -> np.ndarray:
    """`(length, dimensions)`."""
    places = np.arange(length) if places is None else np.asarray(places, dtype=float)
    places = places[:, None] if places.ndim == 1 else places
    if places.ndim != 2 or len(places) != length:
        raise ValueError(f"Expected a position for each of {length} {name}. Received: {places.shape}.")
    return places

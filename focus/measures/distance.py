"""Mean attention distance between queries and keys (Vig and Belinkov 2019)."""

import numpy as np
import numpy.typing as npt

from .attention_weights import normalize_weights


def mean_distance(
    weights: npt.ArrayLike,
    mask: npt.ArrayLike | None = None,
    queries: npt.ArrayLike | None = None,
    keys: npt.ArrayLike | None = None,
) -> np.ndarray:
    """Compute the mean distance between each query and its keys, `sum_j p_ij |i - j|`.

    Args:
        weights: `(..., queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may attend to a key.
        queries: positions `(queries,)` or, as centres of image regions, `(queries, 2)`; 0, 1, 2 ... by
            default. The distance is Euclidean.
        keys: the same for the keys.

    Returns:
        `(..., queries)`, in the unit of the positions; NaN for an empty or fully masked row.

    Raises:
        ValueError: if weights are NaN, infinite or negative, have fewer than two axes, or mask or positions
            do not match.

    Example:
        >>> mean_distance([[1.0, 0.0, 0.0], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]]).tolist()
        [0.0, 1.0, 1.5]

    Reference:
        Vig and Belinkov 2019, Analyzing the Structure of Attention in a Transformer Language Model (attention
        distance).
    """
    p, _ = normalize_weights(weights, mask)
    query_positions = _validate_positions("queries", queries, p.shape[-2])
    key_positions = _validate_positions("keys", keys, p.shape[-1])
    if query_positions.shape[1] != key_positions.shape[1]:
        raise ValueError(
            "`queries` and `keys` must have positions of one dimension. "
            f"Received: queries.shape={query_positions.shape}, keys.shape={key_positions.shape}"
        )
    distances = np.sqrt(((query_positions[:, None] - key_positions) ** 2).sum(axis=-1))
    return (p * distances).sum(axis=-1)


def _validate_positions(name: str, positions: npt.ArrayLike | None, length: int) -> np.ndarray:
    """Positions of shape `(length, dimensions)`."""
    positions = np.arange(length) if positions is None else np.asarray(positions, dtype=float)
    positions = positions[:, None] if positions.ndim == 1 else positions
    if positions.ndim != 2 or len(positions) != length:
        raise ValueError(
            f"`{name}` must have a position for each of {length} {name}. "
            f"Received: {name}.shape={positions.shape}"
        )
    return positions

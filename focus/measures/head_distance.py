"""Jensen-Shannon distance between the heads of a layer (Clark et al. 2019)."""

import numpy as np
import numpy.typing as npt

from ...optional_dependencies import optional_dependency
from .attention_weights import normalize_weights


def head_distances(weights: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> np.ndarray:
    """Compute the mean Jensen-Shannon distance between all pairs of heads.

    With m the mean of the rows p and q of two heads, `sqrt((KL(p, m) + KL(q, m)) / 2)`, logarithms to base 2,
    averaged over the queries.

    Args:
        weights: `(batch, heads, queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may attend to a key.

    Returns:
        `(batch, heads, heads)`, symmetric, from 0 (equal) to 1 (disjoint). Only queries with attention
        weight in both heads count; NaN without any.

    Raises:
        ValueError: if weights do not have four axes, are NaN, infinite or negative, or the mask does not
            broadcast.

    Example:
        >>> rows = [[[[1.0, 0.0]], [[0.0, 1.0]], [[0.0, 1.0]]]]
        >>> head_distances(rows)[0].tolist()
        [[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]

    Reference:
        Endres and Schindelin 2003, A New Metric for Probability Distributions; of heads: Clark et al. 2019,
        What Does BERT Look At?, section 6.
    """
    with optional_dependency("focus"):
        from scipy.spatial.distance import jensenshannon

    p, _ = normalize_weights(weights, mask)
    if p.ndim != 4:
        raise ValueError(
            f"`weights` must have shape (batch, heads, queries, keys). Received: weights.shape={p.shape}"
        )
    num_heads = p.shape[1]
    distances = np.zeros((len(p), num_heads, num_heads))
    for head in range(num_heads):
        following = slice(head, None)
        # (batch, following heads, queries)
        pair = (p[:, head, None], p[:, following])
        distance = jensenshannon(*pair, base=2, axis=-1)  # pyright: ignore[reportCallIssue]
        defined = ~np.isnan(distance)
        count = defined.sum(axis=-1)
        mean = np.where(defined, distance, 0).sum(axis=-1) / np.where(count, count, np.nan)
        distances[:, head, following] = distances[:, following, head] = mean
    return distances

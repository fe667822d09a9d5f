"""Whether the heads of a layer look at the same."""

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import jensenshannon

from .attention_weights import normalize_weights


def head_distances(weights: npt.ArrayLike, mask: npt.ArrayLike | None = None) -> np.ndarray:
    """Jensen-Shannon distance between the heads of a layer: the mean over the queries.

    With m the mean of the rows p and q of two heads, `sqrt((KL(p, m) + KL(q, m)) / 2)`, logarithms to base 2.

    Args:
        weights: `(batch, heads, queries, keys)`.
        mask: boolean that broadcasts to the weights, true where a query may look at a key.

    Returns:
        `(batch, heads, heads)`, symmetric, from 0, the same, to 1, nothing in common. Only queries that have
        weight in both heads count; NaN where there is none.

    Raises:
        ValueError: if weights have not four axes, are NaN, infinite or negative, or the mask does not fit.

    Example:
        >>> rows = [[[[1.0, 0.0]], [[0.0, 1.0]], [[0.0, 1.0]]]]
        >>> head_distances(rows)[0].tolist()
        [[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]

    Reference:
        Endres and Schindelin 2003, A New Metric for Probability Distributions; of heads: Clark et al. 2019,
        What Does BERT Look At?, section 6.
    """
    p, _ = normalize_weights(weights, mask)
    if p.ndim != 4:
        raise ValueError(f"Expected weights of shape (batch, heads, queries, keys). Received: {p.shape}.")
    distances = np.zeros((*p.shape[:2], p.shape[1]))
    for head in range(p.shape[1]):
        others = slice(head, None)
        # (batch, others, queries)
        far = jensenshannon(p[:, head, None], p[:, others], base=2, axis=-1)  # pyright: ignore[reportCallIssue]
        known = ~np.isnan(far)
        count = known.sum(axis=-1)
        mean = np.where(known, far, 0).sum(axis=-1) / np.where(count, count, np.nan)
        distances[:, head, others] = distances[:, others, head] = mean
    return distances

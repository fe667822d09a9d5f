"""Word alignment from attention weights."""

from collections.abc import Collection

import numpy as np

Links = Collection[tuple[int, int]] | np.ndarray
"""Word alignment as pairs of positions, source and target."""


def align(attention: np.ndarray) -> set[tuple[int, int]]:
    """Link each target word to the source word with its highest attention weight.

    Args:
        attention: weights `(target words, source words)`.

    Returns:
        Pairs `(source, target)` of word positions; none for a row of zeros.

    Raises:
        ValueError: if the weights have another rank.

    Example:
        >>> sorted(align(np.array([[0.1, 0.9], [0.8, 0.2], [0.0, 0.0]])))
        [(0, 1), (1, 0)]
    """
    attention = np.asarray(attention)
    if attention.ndim != 2:
        raise ValueError(
            "`attention` must have shape (target words, source words), as of `FocusRecord.attention_map`. "
            f"Received: attention.shape={attention.shape}"
        )
    attending = np.flatnonzero(attention.any(axis=-1))
    return {(int(attention[target].argmax()), int(target)) for target in attending}


def link_set(links: Links) -> set[tuple[int, int]]:
    """Convert links, pairs or rows of an array, to a set of pairs of ints.

    Args:
        links: pairs `(source, target)`, or an array `(links, 2)`.

    Returns:
        The set of pairs.
    """
    return {(int(source), int(target)) for source, target in links}

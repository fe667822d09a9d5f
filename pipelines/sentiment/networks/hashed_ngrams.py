"""Runs of pieces as rows of one table, found by their hash."""

from typing import Any

from keras import ops

MULTIPLIER = -1640531535  # 2654435761, the prime next to 2^32 over the golden ratio, as an int32 (Knuth 1998)


def hashed_ngrams(ids: Any, order: int, num_bins: int) -> Any:
    """A bucket for the run of `order` pieces that ends at each position (Weinberger et al. 2009).

    Args:
        ids: `(batch, T)` int32.
        order: how many pieces; before the text stands padding.
        num_bins: how many buckets there are.

    Returns:
        `(batch, T)` int32, from 0 to `num_bins - 1`.

    Example:
        >>> hashed_ngrams(np.array([[7, 8, 9, 7, 8]]), 2, 100).numpy()[0, [1, 4]].tolist()
        [96, 96]

    Reference:
        Weinberger et al. 2009, Feature Hashing for Large Scale Multitask Learning.
    """
    found = ids = ops.cast(ids, "int32")
    for back in range(1, order):
        before = ops.pad(ids, [[0, 0], [back, 0]])[:, :-back]
        mixed = found * MULTIPLIER + before  # wraps, as it should
        found = ops.bitwise_xor(mixed, ops.right_shift(mixed, 15))
    return ops.mod(found, num_bins)

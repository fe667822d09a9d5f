"""Feature hashing of token n-grams (Weinberger et al. 2009)."""

from keras import ops

from ....layers.functional.tensor import Tensor

MULTIPLIER = -1640531535  # 2654435761, the prime next to 2^32 over the golden ratio, as an int32 (Knuth 1998)


def hashed_ngrams(ids: Tensor, order: int, num_bins: int) -> Tensor:
    """Hash the n-gram of `order` tokens that ends at each position to a bin.

    Args:
        ids: `(batch, T)` int32.
        order: number of tokens; the n-grams at the start of a text begin with padding.
        num_bins: number of bins.

    Returns:
        `(batch, T)` int32, from 0 to `num_bins - 1`.

    Example:
        >>> hashed_ngrams(np.array([[7, 8, 9, 7, 8]]), 2, 100).numpy()[0, [1, 4]].tolist()
        [96, 96]

    Reference:
        Weinberger et al. 2009, Feature Hashing for Large Scale Multitask Learning.
    """
    hashes = ids = ops.cast(ids, "int32")
    for offset in range(1, order):
        previous = ops.pad(ids, [[0, 0], [offset, 0]])[:, :-offset]
        mixed = hashes * MULTIPLIER + previous  # int32 overflow is intended
        hashes = ops.bitwise_xor(mixed, ops.right_shift(mixed, 15))
    return ops.mod(hashes, num_bins)


def ngram_ids(ids: Tensor, ngrams: int, num_bins: int) -> list[Tensor]:
    """Hash the n-grams of 1 to `ngrams` tokens that end at each position.

    Args:
        ids: `(batch, T)` int32.
        ngrams: maximum order.
        num_bins: number of bins, shared by all orders.

    Returns:
        For each order `(batch, T)` int32, see `hashed_ngrams`.
    """
    return [hashed_ngrams(ids, order, num_bins) for order in range(1, ngrams + 1)]

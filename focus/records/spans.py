"""Byte spans of words and pieces, and attention between words from attention between pieces."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Spans = Sequence[tuple[int, int]] | np.ndarray
"""Spans of a text as pairs of byte offsets, start and end."""


def words_from_pieces(
    attention: np.ndarray,
    source_offsets: Spans,
    target_offsets: Spans,
    source_words: Spans,
    target_words: Spans,
) -> np.ndarray:
    """Compute attention weights between words from weights between subword pieces.

    The weights of the pieces of a source word are summed, those of a target word averaged. A row that
    sums to 1 still does, unless it has weight on pieces outside of every word.

    Args:
        attention: weights `(..., target pieces, source pieces)`.
        source_offsets: `(source pieces, 2)`, start and end of each source piece, in bytes.
        target_offsets: `(target pieces, 2)`, the same for the target pieces.
        source_words: `(source words, 2)`, start and end of each source word, in bytes.
        target_words: `(target words, 2)`, the same for the target words.

    Returns:
        Weights `(..., target words, source words)`. See `span_membership` for the words of a piece. A word
        without a piece has zeros.

    Raises:
        ValueError: if the weights do not have a row and a column for each piece.

    Example:
        >>> words_from_pieces(
        ...     np.array([[0.5, 0.25, 0.25], [0.0, 0.5, 0.5]]),
        ...     source_offsets=[(0, 3), (4, 6), (6, 8)], target_offsets=[(0, 2), (2, 5)],
        ...     source_words=[(0, 3), (4, 8)], target_words=[(0, 5)])
        array([[0.25, 0.75]])

    Reference:
        Clark et al. 2019, What Does BERT Look At?, section 4.1.
    """
    attention = np.asarray(attention)
    expected = (len(target_offsets), len(source_offsets))
    if attention.shape[-2:] != expected:
        raise ValueError(
            f"`attention` must have shape (..., target pieces, source pieces), {expected}. "
            f"Received: attention.shape={attention.shape}"
        )
    in_source = span_membership(source_offsets, source_words)
    in_target = span_membership(target_offsets, target_words)
    num_pieces = in_target.sum(axis=0)[:, None]
    return in_target.T @ attention @ in_source / np.where(num_pieces > 0, num_pieces, 1)


def span_membership(pieces: Spans, words: Spans) -> np.ndarray:
    """Compute the matrix that assigns each piece to its word, or shares it between its words.

    A piece belongs to the words that it contains, in proportion to their lengths. If it contains none, it
    belongs to the word that it overlaps most. A piece of length 0 (a start or end token) belongs to none.

    Args:
        pieces: `(pieces, 2)`, start and end of each piece.
        words: `(words, 2)`, start and end of each word.

    Returns:
        `(pieces, words)` float, from 0 to 1. The sum of a row is 1, or 0 for a piece that belongs to no word.

    Example:
        >>> span_membership([(0, 2), (2, 4), (4, 4)], [(0, 4)]).tolist()
        [[1.0], [1.0], [0.0]]
        >>> span_membership([(0, 6)], [(0, 3), (3, 6)]).tolist()
        [[0.5, 0.5]]
    """
    if len(pieces) == 0 or len(words) == 0:
        return np.zeros((len(pieces), len(words)))
    starts, ends = np.asarray(pieces).T[:, :, None]
    word_starts, word_ends = np.asarray(words).T[:, None, :]
    overlap = np.maximum(np.minimum(ends, word_ends) - np.maximum(starts, word_starts), 0)
    contained = overlap * (overlap == word_ends - word_starts)
    nearest = overlap * (np.arange(len(words)) == overlap.argmax(axis=1)[:, None])
    shares = np.where(contained.any(axis=1, keepdims=True), contained, nearest)
    return shares / np.maximum(shares.sum(axis=1, keepdims=True), 1)


def tokens_in_spans(spans: Spans, offsets: Spans) -> np.ndarray:
    """Compute the mask of the tokens that overlap any of some spans.

    Args:
        spans: `(spans, 2)`, start and end (exclusive) of each span in bytes; may be empty.
        offsets: `(tokens, 2)`, the same for each token, as in `TextAxis`. A token of length 0 is in no span.

    Returns:
        Boolean `(tokens,)`.

    Raises:
        ValueError: if a span contains no token: it lies outside the text, or ends before it starts.

    Example:
        >>> tokens_in_spans([(4, 8)], [(0, 3), (4, 6), (6, 8), (9, 12)]).tolist()
        [False, True, True, False]
    """
    starts, ends = np.asarray(offsets).reshape(-1, 2).T
    overlaps = [(starts < end) & (ends > start) & (starts < ends) for start, end in spans]
    for span, tokens in zip(spans, overlaps, strict=True):
        if not tokens.any():
            raise ValueError(
                f"`spans` must contain a token of the text each, bytes 0 to {ends.max(initial=0)}. "
                f"Received: span={tuple(map(int, span))}"
            )
    return np.any(overlaps, axis=0) if overlaps else np.zeros(len(starts), bool)


def spans_from_mask(mask: npt.ArrayLike) -> list[tuple[int, int]]:
    """Compute the spans of consecutive true values of a mask.

    Args:
        mask: boolean `(tokens,)`.

    Returns:
        Start and end (exclusive) of each span, in tokens.

    Example:
        >>> spans_from_mask([False, True, True, False, True])
        [(1, 3), (4, 5)]
    """
    edges = np.flatnonzero(np.diff(np.asarray(mask, int), prepend=0, append=0))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]

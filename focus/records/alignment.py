"""From attention to word alignments, and their error against those that people made."""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

Spans = Sequence[tuple[int, int]] | np.ndarray
Links = Collection[tuple[int, int]] | np.ndarray


class AlignmentError(NamedTuple):
    """Alignment error rate with the precision and recall that it is made of, each from 0 to 1."""

    error_rate: float
    precision: float
    recall: float


def words_from_pieces(
    attention: np.ndarray,
    source_offsets: Spans,
    target_offsets: Spans,
    source_words: Spans,
    target_words: Spans,
) -> np.ndarray:
    """Attention between words, from attention between the pieces that they were cut into.

    A source word gets the sum of what its pieces get; a target word looks where its pieces look on
    average. So a row that sums to 1 still does, unless it looked at pieces outside of any word.

    Args:
        attention: weights `(target pieces, source pieces)`.
        source_offsets: where each source piece starts and ends, in bytes.
        target_offsets: the same for the target pieces.
        source_words: where each source word starts and ends, in bytes.
        target_words: the same for the target words.

    Returns:
        Weights `(target words, source words)`. A piece counts for the word that it overlaps most;
        one of no length (a start or end mark) for none. A word without a piece has zeros.

    Raises:
        ValueError: where the weights do not have a row and a column for each piece.

    Example:
        >>> words_from_pieces(
        ...     np.array([[0.5, 0.25, 0.25], [0.0, 0.5, 0.5]]),
        ...     source_offsets=[(0, 3), (4, 6), (6, 8)], target_offsets=[(0, 2), (2, 5)],
        ...     source_words=[(0, 3), (4, 8)], target_words=[(0, 5)])
        array([[0.25, 0.75]])

    Reference: Clark et al., What Does BERT Look At? (2019), section 4.1.
    """
    attention = np.asarray(attention)
    if attention.shape != (len(target_offsets), len(source_offsets)):
        raise ValueError(
            "Expected weights of shape (target pieces, source pieces) = "
            f"{(len(target_offsets), len(source_offsets))}. Received: {attention.shape}."
        )
    in_source = span_membership(source_offsets, source_words)
    in_target = span_membership(target_offsets, target_words)
    pieces = np.maximum(in_target.sum(axis=0), 1.0)[:, None]
    return in_target.T @ attention @ in_source / pieces


def word_spans(text: str) -> tuple[list[str], Spans]:
    """The words and punctuation marks of a text, and from which byte to which each goes.

    Example:
        >>> word_spans("É bom, não?")
        (['É', 'bom', ',', 'não', '?'], [(0, 2), (3, 6), (6, 7), (8, 12), (12, 13)])
    """
    words, spans = [], []
    for match in re.finditer(r"\w+(?:['’-]\w+)*|[^\w\s]", text):
        start = len(text[: match.start()].encode())
        words.append(match.group())
        spans.append((start, start + len(match.group().encode())))
    return words, spans


def span_membership(pieces: Spans, words: Spans) -> np.ndarray:
    """1 where a piece (row) belongs to a word (column), else 0."""
    if len(pieces) == 0 or len(words) == 0:
        return np.zeros((len(pieces), len(words)))
    starts, ends = np.asarray(pieces).T[:, :, None]
    word_starts, word_ends = np.asarray(words).T[:, None, :]
    overlap = np.minimum(ends, word_ends) - np.maximum(starts, word_starts)
    nearest = np.arange(len(words)) == overlap.argmax(axis=1)[:, None]
    return (nearest & (overlap > 0)).astype(float)


def align(attention: np.ndarray) -> set[tuple[int, int]]:
    """Each target word is linked to the source word that it looked at most.

    Args:
        attention: weights `(target words, source words)`.

    Returns:
        Pairs `(source, target)` of word positions; none for a row of zeros.

    Example:
        >>> sorted(align(np.array([[0.1, 0.9], [0.8, 0.2], [0.0, 0.0]])))
        [(0, 1), (1, 0)]
    """
    attention = np.asarray(attention)
    looked = np.flatnonzero(attention.any(axis=-1))
    return {(int(attention[target].argmax()), int(target)) for target in looked}


def alignment_error_rate(
    predicted: Sequence[Links],
    gold_sure: Sequence[Links],
    gold_possible: Sequence[Links] | None = None,
) -> AlignmentError:
    """Alignment error rate of a corpus (Och and Ney, 2003).

    With predicted links A, sure links S and possible links P (which hold S too), summed over the
    sentences: precision |A & P| / |A|, recall |A & S| / |S|, and
    error rate 1 - (|A & S| + |A & P|) / (|A| + |S|).

    Args:
        predicted: pairs `(source, target)` for each sentence.
        gold_sure: the pairs that must be found, for each sentence.
        gold_possible: the pairs that are allowed beside them; by default none.

    Returns:
        An `AlignmentError`. Precision is 1 where nothing was predicted, recall where nothing was
        to be found.

    Raises:
        ValueError: where the lists are not of one length, or hold no link at all.

    Example:
        >>> alignment_error_rate([{(0, 0), (1, 1)}], [{(0, 0)}], [{(1, 2)}])
        AlignmentError(error_rate=0.33333333333333337, precision=0.5, recall=1.0)

    Reference: Och and Ney, A Systematic Comparison of Various Statistical Alignment Models
    (2003), the section on evaluation.
    """
    possible = gold_possible if gold_possible is not None else [()] * len(gold_sure)
    if not len(predicted) == len(gold_sure) == len(possible):
        raise ValueError(
            "Expected as many predictions as gold alignments. "
            f"Received: {len(predicted)}, {len(gold_sure)} sure, {len(possible)} possible."
        )
    links = sure_links = found_sure = found_possible = 0
    for a, s, p in zip(predicted, gold_sure, possible, strict=True):
        a, s, p = link_set(a), link_set(s), link_set(p)
        links, sure_links = links + len(a), sure_links + len(s)
        found_sure, found_possible = found_sure + len(a & s), found_possible + len(a & (s | p))
    if links + sure_links == 0:
        raise ValueError("Expected at least one link, predicted or sure. Received: none.")
    return AlignmentError(
        error_rate=1 - (found_sure + found_possible) / (links + sure_links),
        precision=found_possible / links if links else 1.0,
        recall=found_sure / sure_links if sure_links else 1.0,
    )


def link_set(links: Links) -> set[tuple[int, int]]:
    """The links as a set; they may come as rows of an array."""
    return {(int(source), int(target)) for source, target in links}

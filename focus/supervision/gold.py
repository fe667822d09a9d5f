"""Gold of any kind as what attention is to be: a row for each query, which sums to 1 or says nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..plausibility.rationales import tokens_in_spans
from ..plausibility.regions import box_coverage
from ..records.alignment import Links, Spans, link_set, span_membership
from ..records.focus_record import ImageAxis


def gold_from_links(
    links: Links,
    source_offsets: Spans,
    target_offsets: Spans,
    source_words: Spans | None = None,
    target_words: Spans | None = None,
) -> np.ndarray:
    """What target pieces are to look at, from the alignment of the words that they belong to.

    Args:
        links: pairs `(source, target)` of words.
        source_offsets: where each source piece starts and ends, in bytes: the keys.
        target_offsets: the same for the target pieces: the queries.
        source_words: where each source word starts and ends; the pieces are the words when None.
        target_words: the same for the target words.

    Returns:
        `(target pieces, source pieces)` float32: each row spread over the pieces of the words that its own
        word is linked to; zeros where there are none.

    Raises:
        ValueError: where a link leads to a word that is not there.

    Example:
        >>> gold_from_links(
        ...     [(1, 0)],
        ...     source_offsets=[(0, 1), (2, 4), (4, 7)], target_offsets=[(0, 3), (3, 3)],
        ...     source_words=[(0, 1), (2, 7)], target_words=[(0, 3)])
        array([[0. , 0.5, 0.5],
               [0. , 0. , 0. ]], dtype=float32)
    """
    sources = len(source_offsets if source_words is None else source_words)
    targets = len(target_offsets if target_words is None else target_words)
    linked = np.zeros((targets, sources))
    for source, target in link_set(links):
        if not (0 <= source < sources and 0 <= target < targets):
            raise ValueError(
                f"Expected links between {sources} source and {targets} target words. "
                f"Received: {(source, target)}."
            )
        linked[target, source] = 1
    if target_words is not None:
        linked = span_membership(target_offsets, target_words) @ linked
    if source_words is not None:
        linked = linked @ span_membership(source_offsets, source_words).T
    return normalize_gold(linked)


def gold_from_spans(spans: Spans, offsets: Spans) -> np.ndarray:
    """What a text is to be judged by: its tokens in the gold spans, one like the other.

    Args:
        spans: from which to which byte each goes.
        offsets: the same of each token.

    Returns:
        `(1, tokens)` float32, for the one query of a pooling layer; zeros without spans.

    Raises:
        ValueError: where a span holds no token.

    Example:
        >>> gold_from_spans([(4, 9)], [(0, 3), (4, 6), (6, 9)]).tolist()
        [[0.0, 0.5, 0.5]]
    """
    return normalize_gold(tokens_in_spans(spans, offsets)[None])


def gold_from_boxes(boxes: Sequence[Any], axis: ImageAxis) -> np.ndarray:
    """Where words are to look: at each region by the share of it that lies in their boxes.

    Args:
        boxes: for each word (query) its boxes `(boxes, 4)`: top, left, bottom, right in pixels; `[]` for
            one that names nothing to be seen.
        axis: the regions of the picture.

    Returns:
        `(words, regions)` float32; zeros for a word without boxes.

    Raises:
        ValueError: where a box lies outside the picture or is empty.

    Example:
        >>> halves = ImageAxis(np.array([[0, 0, 10, 5], [0, 5, 10, 10]]), (10, 10))
        >>> gold_from_boxes([[], [(0, 4, 10, 10)]], halves).round(2)
        array([[0.  , 0.  ],
               [0.17, 0.83]], dtype=float32)
    """
    rows = [box_coverage(axis, one) if len(one) else np.zeros(len(axis)) for one in boxes]
    return normalize_gold(np.reshape(rows, (len(boxes), len(axis))))


def padded(golds: Sequence[npt.ArrayLike]) -> np.ndarray:
    """Gold of several examples as a batch, `(batch, queries, keys)` float32, padded with zeros.

    Example:
        >>> padded([np.ones((1, 2)), np.ones((2, 1))]).shape
        (2, 2, 2)
    """
    shapes = np.array([np.shape(gold) for gold in golds])
    if shapes.ndim != 2 or shapes.shape[1] != 2:
        raise ValueError(
            "Expected gold of shape (queries, keys) for at least one example. "
            f"Received: {[np.shape(gold) for gold in golds][:3]}."
        )
    batch = np.zeros((len(golds), *shapes.max(axis=0)), "float32")
    for index, gold in enumerate(golds):
        rows, columns = np.shape(gold)
        batch[index, :rows, :columns] = gold
    return batch


def normalize_gold(gold: np.ndarray) -> np.ndarray:
    """Each row divided by its sum."""
    total = gold.sum(axis=-1, keepdims=True)
    return (gold / np.where(total > 0, total, 1)).astype("float32")

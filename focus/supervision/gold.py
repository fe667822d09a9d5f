"""Gold attention from word alignments, rationale spans and bounding boxes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..records.alignment import Links, link_set
from ..records.axes import ImageAxis
from ..records.regions import box_coverage
from ..records.spans import Spans, span_membership, tokens_in_spans


def gold_from_links(
    links: Links,
    source_offsets: Spans,
    target_offsets: Spans,
    source_words: Spans | None = None,
    target_words: Spans | None = None,
) -> np.ndarray:
    """Compute the gold attention of target tokens from a word alignment.

    Args:
        links: pairs `(source, target)` of word positions.
        source_offsets: `(source tokens, 2)`, start and end of each source token in bytes: the keys.
        target_offsets: `(target tokens, 2)`, the same for the target tokens: the queries.
        source_words: `(source words, 2)`, start and end of each source word; the tokens are the words when
            None.
        target_words: `(target words, 2)`, the same for the target words.

    Returns:
        `(target tokens, source tokens)` float32. Each row is spread evenly over the tokens of the words that
        its word is linked to; a row without a link is zero.

    Raises:
        ValueError: if a link refers to a word that does not exist.

    Example:
        >>> gold_from_links(
        ...     [(1, 0)],
        ...     source_offsets=[(0, 1), (2, 4), (4, 7)], target_offsets=[(0, 3), (3, 3)],
        ...     source_words=[(0, 1), (2, 7)], target_words=[(0, 3)])
        array([[0. , 0.5, 0.5],
               [0. , 0. , 0. ]], dtype=float32)
    """
    num_sources = len(source_offsets if source_words is None else source_words)
    num_targets = len(target_offsets if target_words is None else target_words)
    linked = np.zeros((num_targets, num_sources))
    for source, target in link_set(links):
        if not (0 <= source < num_sources and 0 <= target < num_targets):
            raise ValueError(
                f"`links` must be between {num_sources} source and {num_targets} target words. "
                f"Received: link={(source, target)}"
            )
        linked[target, source] = 1
    if target_words is not None:
        linked = span_membership(target_offsets, target_words) @ linked
    if source_words is not None:
        linked = linked @ span_membership(source_offsets, source_words).T
    return normalize_gold(linked)


def gold_from_spans(spans: Spans, offsets: Spans) -> np.ndarray:
    """Compute the gold attention over the tokens of a text from rationale spans.

    Args:
        spans: `(spans, 2)`, start and end of each span in bytes.
        offsets: `(tokens, 2)`, the same for each token.

    Returns:
        `(1, tokens)` float32, uniform over the tokens in the spans, for the single query of a pooling layer;
        zeros without spans.

    Raises:
        ValueError: if a span contains no token.

    Example:
        >>> gold_from_spans([(4, 9)], [(0, 3), (4, 6), (6, 9)]).tolist()
        [[0.0, 0.5, 0.5]]
    """
    return normalize_gold(tokens_in_spans(spans, offsets)[None])


def gold_from_boxes(boxes: Sequence[npt.ArrayLike], axis: ImageAxis) -> np.ndarray:
    """Compute the gold attention over image regions from the bounding boxes of words.

    The gold of a region is proportional to its area that the boxes cover.

    Args:
        boxes: for each word (query) its boxes `(boxes, 4)`: top, left, bottom, right in pixels; `[]` for a
            word without an object.
        axis: the regions of the image.

    Returns:
        `(words, regions)` float32; zeros for a word without boxes.

    Raises:
        ValueError: if a box lies outside the image or is empty.

    Example:
        >>> halves = ImageAxis(np.array([[0, 0, 10, 5], [0, 5, 10, 10]]), (10, 10))
        >>> gold_from_boxes([[], [(0, 4, 10, 10)]], halves).round(2)
        array([[0.  , 0.  ],
               [0.17, 0.83]], dtype=float32)
    """
    rows = [box_coverage(axis, word) if np.size(word) else np.zeros(len(axis)) for word in boxes]
    return normalize_gold(np.reshape(rows, (len(boxes), len(axis))))


def pad_gold(golds: Sequence[npt.ArrayLike]) -> np.ndarray:
    """Pad the gold attention of several examples with zeros to a batch.

    Args:
        golds: for each example `(queries, keys)`.

    Returns:
        `(batch, queries, keys)` float32.

    Raises:
        ValueError: if there is no example, or the gold of one has another rank.

    Example:
        >>> pad_gold([np.ones((1, 2)), np.ones((2, 1))]).shape
        (2, 2, 2)
    """
    shapes = np.array([np.shape(gold) for gold in golds])
    if shapes.ndim != 2 or shapes.shape[1] != 2:
        raise ValueError(
            "`golds` must have shape (queries, keys) for each of at least one example. "
            f"Received: shapes {[np.shape(gold) for gold in golds][:3]}"
        )
    batch = np.zeros((len(golds), *shapes.max(axis=0)), "float32")
    for index, gold in enumerate(golds):
        queries, keys = np.shape(gold)
        batch[index, :queries, :keys] = gold
    return batch


def normalize_gold(gold: np.ndarray) -> np.ndarray:
    """Divide each row by its sum; rows of zeros stay zeros.

    Args:
        gold: `(..., keys)`, not negative.

    Returns:
        `(..., keys)` float32.
    """
    total = gold.sum(axis=-1, keepdims=True)
    return (gold / np.where(total > 0, total, 1)).astype("float32")

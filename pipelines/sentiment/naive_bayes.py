"""What each run of pieces says about the classes, by counting alone."""

from collections.abc import Iterator, Sequence

import keras
import numpy as np
from keras import ops

from ..text import PAD
from .ngrams import hashed_ngrams

BATCH = 1000  # texts that are hashed at once


def log_ratios(
    texts: Sequence[np.ndarray], labels: np.ndarray, classes: int, order: int, buckets: int
) -> np.ndarray:
    """How much likelier a run of pieces is in texts of a class than in texts of the others.

    A text counts once for each bucket that its runs fall into, and every bucket once more for each
    class, so that one that is in no text says nothing.

    Args:
        texts: ids of each text.
        labels: `(texts,)` int.
        classes: number of classes.
        order: runs of 1 to so many pieces are counted.
        buckets: that they share.

    Returns:
        `(buckets, classes)` float32, logarithms that sum to 0 over the classes.

    Example:
        >>> ratios = log_ratios([np.array([7, 8]), np.array([8])], np.array([0, 1]), 2, 1, 100)
        >>> bool(ratios[hashed_ngrams(np.array([[7]]), 1, 100)[0, 0]][0] > 0)
        True

    Reference:
        Wang and Manning 2012, Baselines and Bigrams: Simple, Good Sentiment and Topic Classification.
    """
    counts = np.ones((classes, buckets))
    for found, label in zip(_buckets_of(texts, order, buckets), labels, strict=True):
        counts[label, found] += 1
    logs = np.log(counts / counts.sum(axis=1, keepdims=True))
    return (logs - logs.mean(axis=0)).T.astype(np.float32)


def _buckets_of(texts: Sequence[np.ndarray], order: int, buckets: int) -> Iterator[np.ndarray]:
    """The different buckets of each text."""
    for start in range(0, len(texts), BATCH):
        ids = keras.utils.pad_sequences(texts[start : start + BATCH], padding="post", value=PAD)
        runs = [ops.convert_to_numpy(hashed_ngrams(ids, n, buckets)) for n in range(1, order + 1)]
        for row, hashed in zip(ids, np.stack(runs, axis=2), strict=True):
            yield np.unique(hashed[row != PAD])

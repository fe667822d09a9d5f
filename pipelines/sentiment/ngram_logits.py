"""What each run of pieces says about the classes: a linear model, fitted before the network learns."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops
from scipy import sparse
from sklearn.linear_model import SGDClassifier

from ..text.codec import PAD
from .networks.hashed_ngrams import hashed_ngrams

BATCH = 1000  # texts that are hashed at once
FOLDS = 5
PASSES, PENALTY = 10, 3e-6  # of the logistic regression


def ngram_presence(texts: Sequence[np.ndarray], order: int, num_bins: int) -> sparse.csr_array:
    """Which buckets the runs of each text fall into.

    Args:
        texts: ids of each text.
        order: runs of 1 to so many pieces count.
        num_bins: that they share.

    Returns:
        `(texts, num_bins)` float32, 1 or nothing.

    Example:
        >>> ngram_presence([np.array([7, 8]), np.array([8, 8])], order=1, num_bins=10).toarray().sum(axis=1).tolist()
        [2.0, 1.0]
    """
    found: list[np.ndarray] = []
    for start in range(0, len(texts), BATCH):
        ids = keras.utils.pad_sequences(texts[start : start + BATCH], padding="post", value=PAD)
        runs = [ops.convert_to_numpy(hashed_ngrams(ids, n, num_bins)) for n in range(1, order + 1)]
        found += [np.unique(run[row != PAD]) for row, run in zip(ids, np.stack(runs, axis=2), strict=True)]
    ends = np.cumsum([0, *map(len, found)], dtype=np.int32)
    columns = np.concatenate(found).astype(np.int32)  # scikit-learn takes no wider ones
    return sparse.csr_array((np.ones(len(columns), np.float32), columns, ends), (len(texts), num_bins))


def log_count_ratios(present: sparse.csr_array, of_class: np.ndarray) -> np.ndarray:
    """How much likelier each bucket is in texts of a class than in the others, by counting.

    Args:
        present: `(texts, num_bins)`, see `ngram_presence`.
        of_class: `(texts,)` bool.

    Returns:
        `(num_bins,)` float32, logarithms; every bucket counts once more for both.

    Reference:
        Wang and Manning 2012, Baselines and Bigrams: Simple, Good Sentiment and Topic Classification.
    """
    counts = [1 + present[which].sum(axis=0) for which in (of_class, ~of_class)]
    inside, outside = (count / count.sum() for count in counts)
    return np.log(inside / outside).astype(np.float32)


def evidence(present: sparse.csr_array, labels: np.ndarray, classes: int) -> np.ndarray:
    """How much each bucket speaks for each class: logistic regression on presence times log ratio.

    Args:
        present: `(texts, num_bins)`, see `ngram_presence`.
        labels: `(texts,)` int.
        classes: number of classes; each is told from all others.

    Returns:
        `(num_bins, classes)` float32, so scaled that the runs of the texts speak by 1 on average (root mean
        square). Of two classes one is minus the other.

    Reference:
        Wang and Manning 2012, the section on NBSVM, here with logistic regression.
    """
    if classes == 2:
        speaks = _fit(present, labels == 1)
        return np.stack([-speaks, speaks], axis=1)
    return np.stack([_fit(present, labels == one) for one in range(classes)], axis=1)


def crossed_evidence(
    present: sparse.csr_array, labels: np.ndarray, classes: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Evidence for training texts that was learned from other texts: else their labels would be in it.

    Args:
        present, labels, classes: see `evidence`.
        seed: of the folds.

    Returns:
        `(FOLDS, num_bins, classes)` float32, and the fold of each text, `(texts,)` int32: `[fold]` was
        learned without the texts of that fold.

    Reference:
        Wolpert 1992, Stacked Generalization.
    """
    folds = np.random.default_rng(seed).permutation(np.arange(len(labels), dtype=np.int32) % FOLDS)
    tables = [evidence(present[folds != fold], labels[folds != fold], classes) for fold in range(FOLDS)]
    return np.stack(tables), folds


def _fit(present: sparse.csr_array, of_class: np.ndarray) -> np.ndarray:
    if of_class.all() or not of_class.any():  # in a fold of few texts: nothing to tell apart
        return np.zeros(present.shape[1], np.float32)
    ratios = log_count_ratios(present, of_class)
    features = present.multiply(ratios).tocsr()
    scale = np.sqrt(features.multiply(features).sum(axis=1).mean())
    learner = SGDClassifier(
        loss="log_loss", alpha=PENALTY, max_iter=PASSES, tol=None, average=True, random_state=0
    )
    learner.fit(features / scale, of_class)
    speaks = learner.coef_[0] * ratios
    loudness = np.sqrt(present.sum(axis=0) @ speaks**2 / present.nnz)
    return (speaks / loudness).astype(np.float32)

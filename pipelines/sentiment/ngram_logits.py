"""Per-class logits of hashed n-grams, from a linear model (Wang and Manning 2012)."""

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt
from keras import ops
from scipy import sparse
from sklearn.linear_model import SGDClassifier

from ..text.codec import PAD
from .networks.hashed_ngrams import ngram_ids

BATCH_SIZE = 1000  # texts that are hashed at once
NUM_FOLDS = 5
NUM_EPOCHS, L2_PENALTY = 10, 3e-6  # of the logistic regression


def ngram_presence(texts: Sequence[npt.NDArray[np.int32]], order: int, num_bins: int) -> sparse.csr_array:
    """Compute the binary bag of n-grams of each text.

    Args:
        texts: ids of each text.
        order: maximum order of the n-grams.
        num_bins: number of bins.

    Returns:
        `(texts, num_bins)` float32: 1 for each bin with an n-gram of the text, else 0.

    Example:
        >>> presence = ngram_presence([np.array([7, 8]), np.array([8, 8])], order=1, num_bins=10)
        >>> presence.toarray().sum(axis=1).tolist()
        [2.0, 1.0]
    """
    bins: list[np.ndarray] = []
    for start in range(0, len(texts), BATCH_SIZE):
        ids = keras.utils.pad_sequences(texts[start : start + BATCH_SIZE], padding="post", value=PAD)
        hashes = np.stack([ops.convert_to_numpy(h) for h in ngram_ids(ids, order, num_bins)], axis=2)
        bins += [np.unique(hashed[row != PAD]) for row, hashed in zip(ids, hashes, strict=True)]
    row_ends = np.cumsum([0, *map(len, bins)], dtype=np.int32)
    columns = np.concatenate(bins).astype(np.int32)  # scikit-learn requires 32-bit indices
    return sparse.csr_array((np.ones(len(columns), np.float32), columns, row_ends), (len(texts), num_bins))


def log_count_ratios(presence: sparse.csr_array, in_class: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Compute the log ratio of the frequencies of each bin in a class and outside of it.

    Args:
        presence: `(texts, num_bins)`, see `ngram_presence`.
        in_class: `(texts,)` bool.

    Returns:
        `(num_bins,)` float32, with add-one smoothing.

    Reference:
        Wang and Manning 2012, Baselines and Bigrams: Simple, Good Sentiment and Topic Classification.
    """
    counts = [1 + presence[texts].sum(axis=0) for texts in (in_class, ~in_class)]
    inside, outside = (count / count.sum() for count in counts)
    return np.log(inside / outside).astype(np.float32)


def fit_ngram_logits(
    presence: sparse.csr_array, labels: npt.NDArray[np.integer], num_classes: int
) -> npt.NDArray[np.float32]:
    """Fit the logits of each bin: logistic regression on presence times log count ratio (NBSVM features).

    Args:
        presence: `(texts, num_bins)`, see `ngram_presence`.
        labels: `(texts,)` int.
        num_classes: number of classes; each is fitted against all others.

    Returns:
        `(num_bins, num_classes)` float32, scaled to a root mean square of 1 over the n-grams of the texts. Of
        two classes one column is minus the other.

    Reference:
        Wang and Manning 2012, the section on NBSVM, here with logistic regression.
    """
    if num_classes == 2:
        logits = _fit_class(presence, labels == 1)
        return np.stack([-logits, logits], axis=1)
    return np.stack([_fit_class(presence, labels == index) for index in range(num_classes)], axis=1)


def cross_fit_ngram_logits(
    presence: sparse.csr_array, labels: npt.NDArray[np.integer], num_classes: int, seed: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Fit logits for training texts on the other folds, so that they do not contain the texts' own labels.

    Args:
        presence, labels, num_classes: see `fit_ngram_logits`.
        seed: of the folds.

    Returns:
        `(NUM_FOLDS, num_bins, num_classes)` float32, and the fold of each text, `(texts,)` int32. Table
        `fold` is fitted without the texts of that fold.

    Reference:
        Wolpert 1992, Stacked Generalization.
    """
    folds = np.random.default_rng(seed).permutation(np.arange(len(labels), dtype=np.int32) % NUM_FOLDS)
    tables = [
        fit_ngram_logits(presence[folds != fold], labels[folds != fold], num_classes)
        for fold in range(NUM_FOLDS)
    ]
    return np.stack(tables), folds


def _fit_class(presence: sparse.csr_array, in_class: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    if in_class.all() or not in_class.any():  # a fold of few texts can lack a class
        return np.zeros(presence.shape[1], np.float32)
    ratios = log_count_ratios(presence, in_class)
    features = presence.multiply(ratios).tocsr()
    scale = np.sqrt(features.multiply(features).sum(axis=1).mean())
    classifier = SGDClassifier(
        loss="log_loss", alpha=L2_PENALTY, max_iter=NUM_EPOCHS, tol=None, average=True, random_state=0
    )
    classifier.fit(features / scale, in_class)
    logits = classifier.coef_[0] * ratios
    root_mean_square = np.sqrt(presence.sum(axis=0) @ logits**2 / presence.nnz)
    return (logits / root_mean_square).astype(np.float32)

import numpy as np
import pytest
from keras import ops
from sklearn.naive_bayes import MultinomialNB

from foveal.pipelines.sentiment import naive_bayes
from foveal.pipelines.sentiment.naive_bayes import log_ratios
from foveal.pipelines.sentiment.ngrams import hashed_ngrams

BUCKETS, CLASSES = 300, 3


@pytest.fixture(scope="module")
def texts():
    rng = np.random.default_rng(0)
    labels = rng.integers(CLASSES, size=50)
    return [rng.integers(3 * y, 3 * y + 9, size=rng.integers(1, 20)) for y in labels], labels


def presence(texts, order):
    """Whether a text has a run in a bucket, one text after the other."""
    found = np.zeros((len(texts), BUCKETS))
    for row, ids in enumerate(texts):
        for n in range(1, order + 1):
            found[row, ops.convert_to_numpy(hashed_ngrams(ids[None], n, BUCKETS))[0]] = 1
    return found


@pytest.mark.parametrize("order", [1, 2, 3])
def test_they_are_those_of_scikit_learn_on_presence(texts, order, monkeypatch):
    monkeypatch.setattr(naive_bayes, "BATCH", 7)
    rows, labels = texts
    rows = [row + 1 for row in rows]  # 0 is padding
    logs = MultinomialNB(alpha=1.0).fit(presence(rows, order), labels).feature_log_prob_
    found = log_ratios(rows, labels, CLASSES, order, BUCKETS)
    np.testing.assert_allclose(found, (logs - logs.mean(0)).T, atol=1e-5)

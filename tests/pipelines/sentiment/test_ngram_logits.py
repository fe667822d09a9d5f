import numpy as np
import pytest
from keras import ops
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB

from foveal.pipelines.sentiment import ngram_logits
from foveal.pipelines.sentiment.networks.hashed_ngrams import hashed_ngrams
from foveal.pipelines.sentiment.ngram_logits import (
    FOLDS,
    crossed_evidence,
    evidence,
    log_count_ratios,
    ngram_presence,
)

BUCKETS, CLASSES = 300, 3


@pytest.fixture(scope="module")
def texts():
    """Pieces from 1 on, for 0 is padding; the classes share some of them."""
    rng = np.random.default_rng(0)
    labels = rng.integers(CLASSES, size=60)
    return [rng.integers(3 * y + 1, 3 * y + 10, size=rng.integers(1, 20)) for y in labels], labels


@pytest.mark.parametrize("order", [1, 2, 3])
def test_presence_is_that_of_each_text_alone(texts, order, monkeypatch):
    monkeypatch.setattr(ngram_logits, "BATCH", 7)
    expected = np.zeros((len(texts[0]), BUCKETS))
    for row, ids in enumerate(texts[0]):
        for n in range(1, order + 1):
            expected[row, ops.convert_to_numpy(hashed_ngrams(ids[None], n, BUCKETS))[0]] = 1
    np.testing.assert_array_equal(ngram_presence(texts[0], order, BUCKETS).toarray(), expected)


def test_ratios_are_those_of_naive_bayes_in_scikit_learn(texts):
    present, inside = ngram_presence(texts[0], 2, BUCKETS), texts[1] == 1
    logs = MultinomialNB(alpha=1.0).fit(present.toarray(), inside).feature_log_prob_
    np.testing.assert_allclose(log_count_ratios(present, inside), logs[1] - logs[0], atol=1e-5)


def test_evidence_decides_as_an_exact_logistic_regression_on_the_same_features_does(texts):
    present = ngram_presence(texts[0], 2, BUCKETS)
    table = evidence(present, texts[1], CLASSES)
    assert table.shape == (BUCKETS, CLASSES)
    found = present @ table
    for one in range(CLASSES):
        features = present.multiply(log_count_ratios(present, texts[1] == one)).toarray()
        exact = LogisticRegression(C=1.0).fit(features, texts[1] == one).decision_function(features)
        assert np.corrcoef(found[:, one], exact)[0, 1] > 0.95
    assert (found.argmax(1) == texts[1]).mean() > 0.95
    spoken = present.multiply(table[:, 1]).tocsr().data
    np.testing.assert_allclose(np.sqrt(np.mean(spoken**2)), 1, rtol=1e-5)


def test_of_two_classes_one_is_minus_the_other(texts):
    present = ngram_presence(texts[0], 1, BUCKETS)
    table = evidence(present, (texts[1] > 0).astype(int), 2)
    np.testing.assert_array_equal(table[:, 0], -table[:, 1])
    assert (((present @ table)[:, 1] > 0) == (texts[1] > 0)).mean() > 0.8


def test_crossed_evidence_knows_nothing_of_its_own_texts():
    # every text has a piece of its own and a label by chance: nothing can be learned from the others
    labels = np.random.default_rng(1).integers(2, size=200)
    present = ngram_presence([np.array([7, 10 + i]) for i in range(200)], 1, 4001)
    tables, folds = crossed_evidence(present, labels, 2, seed=0)
    assert tables.shape == (FOLDS, 4001, 2)
    assert np.bincount(folds).tolist() == [40] * FOLDS
    known = present @ evidence(present, labels, 2)
    crossed = np.stack([present[[row]] @ tables[fold] for row, fold in enumerate(folds)])[:, 0]
    assert (known.argmax(1) == labels).mean() > 0.95
    assert abs((crossed.argmax(1) == labels).mean() - 0.5) < 0.15


def test_a_fold_that_lacks_a_class_says_nothing():
    present = ngram_presence([np.array([7])] * 5, 1, 11)
    assert not evidence(present, np.zeros(5, int), 2).any()

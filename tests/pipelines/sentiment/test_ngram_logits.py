"""Tests of the linear n-gram model against scikit-learn and brute force."""

import numpy as np
import pytest
from keras import ops
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB

from foveal.pipelines.sentiment import ngram_logits
from foveal.pipelines.sentiment.networks.hashed_ngrams import hashed_ngrams
from foveal.pipelines.sentiment.ngram_logits import (
    NUM_FOLDS,
    cross_fit_ngram_logits,
    fit_ngram_logits,
    log_count_ratios,
    ngram_presence,
)

NUM_BINS, NUM_CLASSES = 300, 3


@pytest.fixture(scope="module")
def texts():
    """Ids from 1 upwards, as 0 is padding; neighbouring classes share some of them."""
    rng = np.random.default_rng(0)
    labels = rng.integers(NUM_CLASSES, size=60)
    return [rng.integers(3 * y + 1, 3 * y + 10, size=rng.integers(1, 20)) for y in labels], labels


@pytest.mark.parametrize("order", [1, 2, 3])
def test_presence_matches_unbatched_hashing(texts, order, monkeypatch):
    monkeypatch.setattr(ngram_logits, "BATCH_SIZE", 7)
    expected = np.zeros((len(texts[0]), NUM_BINS))
    for row, ids in enumerate(texts[0]):
        for n in range(1, order + 1):
            expected[row, ops.convert_to_numpy(hashed_ngrams(ids[None], n, NUM_BINS))[0]] = 1
    np.testing.assert_array_equal(ngram_presence(texts[0], order, NUM_BINS).toarray(), expected)


def test_log_count_ratios_match_naive_bayes_of_scikit_learn(texts):
    presence, in_class = ngram_presence(texts[0], 2, NUM_BINS), texts[1] == 1
    log_probabilities = MultinomialNB(alpha=1.0).fit(presence.toarray(), in_class).feature_log_prob_
    expected = log_probabilities[1] - log_probabilities[0]
    np.testing.assert_allclose(log_count_ratios(presence, in_class), expected, atol=1e-5)


def test_ngram_logits_correlate_with_exact_logistic_regression(texts):
    presence = ngram_presence(texts[0], 2, NUM_BINS)
    table = fit_ngram_logits(presence, texts[1], NUM_CLASSES)
    assert table.shape == (NUM_BINS, NUM_CLASSES)
    logits = presence @ table
    for index in range(NUM_CLASSES):
        in_class = texts[1] == index
        features = presence.multiply(log_count_ratios(presence, in_class)).toarray()
        exact = LogisticRegression(C=1.0).fit(features, in_class).decision_function(features)
        assert np.corrcoef(logits[:, index], exact)[0, 1] > 0.95
    assert (logits.argmax(1) == texts[1]).mean() > 0.95


def test_ngram_logits_have_unit_root_mean_square(texts):
    presence = ngram_presence(texts[0], 2, NUM_BINS)
    table = fit_ngram_logits(presence, texts[1], NUM_CLASSES)
    values = presence.multiply(table[:, 1]).tocsr().data
    np.testing.assert_allclose(np.sqrt(np.mean(values**2)), 1, rtol=1e-5)


def test_ngram_logits_of_two_classes_are_opposite(texts):
    presence = ngram_presence(texts[0], 1, NUM_BINS)
    table = fit_ngram_logits(presence, (texts[1] > 0).astype(int), 2)
    np.testing.assert_array_equal(table[:, 0], -table[:, 1])
    assert (((presence @ table)[:, 1] > 0) == (texts[1] > 0)).mean() > 0.8


def test_cross_fitted_logits_exclude_own_labels():
    # every text has a unique token and a random label: the other texts hold no information about it
    labels = np.random.default_rng(1).integers(2, size=200)
    presence = ngram_presence([np.array([7, 10 + i]) for i in range(200)], 1, 4001)
    tables, folds = cross_fit_ngram_logits(presence, labels, 2, seed=0)
    assert tables.shape == (NUM_FOLDS, 4001, 2)
    assert np.bincount(folds).tolist() == [40] * NUM_FOLDS
    in_sample = presence @ fit_ngram_logits(presence, labels, 2)
    cross_fitted = np.stack([presence[[row]] @ tables[fold] for row, fold in enumerate(folds)])[:, 0]
    assert (in_sample.argmax(1) == labels).mean() > 0.95
    assert abs((cross_fitted.argmax(1) == labels).mean() - 0.5) < 0.15


def test_ngram_logits_of_single_class_are_zero():
    presence = ngram_presence([np.array([7])] * 5, 1, 11)
    assert not fit_ngram_logits(presence, np.zeros(5, int), 2).any()

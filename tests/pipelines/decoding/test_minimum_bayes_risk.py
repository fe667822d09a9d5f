"""Tests of minimum Bayes risk decoding against n-gram counts in plain Python."""

from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.decoding.minimum_bayes_risk import minimum_bayes_risk
from foveal.pipelines.decoding.steps import Decoded
from foveal.pipelines.text.codec import END, PAD


def random_sequences(batch, num_sequences, time, seed, words=4):
    random = np.random.default_rng(seed)
    tokens = np.full((batch, num_sequences, time), PAD, np.int32)
    for row in tokens.reshape(-1, time):
        length = random.integers(1, time + 1)
        row[:length] = [*random.integers(3, 3 + words, length - 1), END]
    return tokens


def most_similar_sequence(tokens):
    """Return the index of the best sequence of one example."""

    def counts(row, n):
        kept = [int(token) for token in row if token != PAD]
        return Counter(tuple(kept[i : i + n]) for i in range(len(kept) - n + 1))

    def cosine(a, b):
        dot = sum(min(a[gram], b[gram]) * b[gram] for gram in a)
        norms = sum(x**2 for x in a.values()) * sum(x**2 for x in b.values())
        return dot / norms**0.5 if norms else 0.0

    scores = [
        sum(cosine(counts(sequence, n), counts(other, n)) for other in tokens for n in (1, 2, 3, 4))
        for sequence in tokens
    ]
    return int(np.argmax(np.round(scores, 5)))


@pytest.mark.parametrize("seed", range(6))
def test_minimum_bayes_risk_matches_ngram_counts(seed):
    tokens = random_sequences(batch=7, num_sequences=5, time=9, seed=seed)
    scores = np.random.default_rng(seed).normal(size=(7, 5)).astype("float32")
    attention = np.random.default_rng(seed).random((7, 5, 9, 3)).astype("float32")
    result = minimum_bayes_risk(
        Decoded(tf.constant(tokens), tf.constant(scores), {"attention": tf.constant(attention)})
    )
    best = [most_similar_sequence(sequences) for sequences in tokens]
    rows = np.arange(7)
    np.testing.assert_array_equal(result.tokens[:, 0], tokens[rows, best])
    np.testing.assert_array_equal(result.scores[:, 0], scores[rows, best])
    np.testing.assert_array_equal(result.focus["attention"][:, 0], attention[rows, best])
    assert result.tokens.shape == (7, 1, 9)


def test_minimum_bayes_risk_of_sequences_shorter_than_ngrams():
    tokens = tf.constant([[[5, END], [6, END], [5, END]]])
    assert minimum_bayes_risk(Decoded(tokens, tf.zeros([1, 3]), {})).tokens.numpy().tolist() == [[[5, END]]]


def test_minimum_bayes_risk_of_single_sequence_returns_it():
    tokens = tf.constant(random_sequences(batch=2, num_sequences=1, time=5, seed=0))
    np.testing.assert_array_equal(minimum_bayes_risk(Decoded(tokens, tf.zeros([2, 1]), {})).tokens, tokens)

"""The sequence that is most like the others, by counting n-grams one by one."""

from collections import Counter

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.decoding.minimum_bayes_risk import minimum_bayes_risk
from foveal.pipelines.decoding.search import Decoded
from foveal.pipelines.text.codec import END, PAD


def drawn(batch, best, time, seed, words=4):
    random = np.random.default_rng(seed)
    tokens = np.full((batch, best, time), PAD, np.int32)
    for row in tokens.reshape(-1, time):
        length = random.integers(1, time + 1)
        row[:length] = [*random.integers(3, 3 + words, length - 1), END]
    return tokens


def by_counting(tokens):
    """The index of the winner among the sequences of one example."""

    def counts(row, n):
        kept = [int(token) for token in row if token != PAD]
        return Counter(tuple(kept[i : i + n]) for i in range(len(kept) - n + 1))

    def cosine(a, b):
        dot = sum(min(a[gram], b[gram]) * b[gram] for gram in a)
        norms = sum(x**2 for x in a.values()) * sum(x**2 for x in b.values())
        return dot / norms**0.5 if norms else 0.0

    scores = [
        sum(cosine(counts(one, n), counts(other, n)) for other in tokens for n in (1, 2, 3, 4))
        for one in tokens
    ]
    return int(np.argmax(np.round(scores, 5)))


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_one_that_counting_finds(seed):
    tokens = drawn(batch=7, best=5, time=9, seed=seed)
    scores = np.random.default_rng(seed).normal(size=(7, 5)).astype("float32")
    attention = np.random.default_rng(seed).random((7, 5, 9, 3)).astype("float32")
    found = minimum_bayes_risk(
        Decoded(tf.constant(tokens), tf.constant(scores), {"attention": tf.constant(attention)})
    )
    winners = [by_counting(of_one) for of_one in tokens]
    rows = np.arange(7)
    np.testing.assert_array_equal(found.tokens[:, 0], tokens[rows, winners])
    np.testing.assert_array_equal(found.scores[:, 0], scores[rows, winners])
    np.testing.assert_array_equal(found.focus["attention"][:, 0], attention[rows, winners])
    assert found.tokens.shape == (7, 1, 9)


def test_sequences_of_fewer_tokens_than_an_n_gram_has():
    tokens = tf.constant([[[5, END], [6, END], [5, END]]])
    assert minimum_bayes_risk(Decoded(tokens, tf.zeros([1, 3]), {})).tokens.numpy().tolist() == [[[5, END]]]


def test_one_sequence_agrees_with_itself():
    tokens = tf.constant(drawn(batch=2, best=1, time=5, seed=0))
    np.testing.assert_array_equal(minimum_bayes_risk(Decoded(tokens, tf.zeros([2, 1]), {})).tokens, tokens)

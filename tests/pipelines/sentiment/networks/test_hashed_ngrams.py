"""Tests of n-gram hashing against exact integer arithmetic and uniformity."""

import numpy as np
import pytest
from keras import ops

from foveal.pipelines.sentiment.networks.hashed_ngrams import MULTIPLIER, hashed_ngrams, ngram_ids


def hash_with_python_integers(ids, order, num_bins):
    """Compute the same hash with unbounded integers, wrapped to int32."""

    def wrap(number):
        return (number + 2**31) % 2**32 - 2**31

    bins = []
    for position in range(len(ids)):
        value = ids[position]
        for offset in range(1, order):
            mixed = wrap(value * MULTIPLIER + (ids[position - offset] if position >= offset else 0))
            value = mixed ^ (mixed >> 15)
        bins.append(value % num_bins)
    return bins


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("length", [1, 2, 40])
def test_hashed_ngrams_match_python_integers(order, length):
    ids = np.random.default_rng(0).integers(0, 30_000, (3, length)).astype(np.int32)
    bins = ops.convert_to_numpy(hashed_ngrams(ids, order, num_bins=997))
    assert bins.tolist() == [hash_with_python_integers(row.tolist(), order, 997) for row in ids]


def test_hashed_bigrams_depend_on_order_and_previous_token():
    bins = ops.convert_to_numpy(hashed_ngrams(np.array([[4, 9, 5, 4, 9, 9, 4]]), 2, 10_000))[0]
    assert bins[1] == bins[4]
    assert len({bins[1], bins[2], bins[3], bins[5], bins[6]}) == 5


def test_hashed_ngrams_are_uniform_over_bins():
    pairs = np.stack(np.meshgrid(np.arange(200), np.arange(200)), -1).reshape(-1, 2)
    bins = ops.convert_to_numpy(hashed_ngrams(pairs, 2, 100))[:, 1]
    counts = np.bincount(bins, minlength=100)
    chi_squared = ((counts - 400) ** 2 / 400).sum()
    assert chi_squared < 150  # 99 degrees of freedom: a larger value has a probability of 0.001


def test_ngram_ids_are_hashes_of_all_orders():
    ids = np.array([[7, 8, 9]])
    for order, bins in enumerate(ngram_ids(ids, 3, 50), start=1):
        np.testing.assert_array_equal(bins, hashed_ngrams(ids, order, 50))

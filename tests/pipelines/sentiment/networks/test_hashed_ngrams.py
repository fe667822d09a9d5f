import numpy as np
import pytest
from keras import ops

from foveal.pipelines.sentiment.networks.hashed_ngrams import MULTIPLIER, hashed_ngrams


def by_hand(ids, order, num_bins):
    """The same hash in Python's integers of any size, cut to 32 bits with their sign."""

    def cut(number):
        return (number + 2**31) % 2**32 - 2**31

    found = []
    for place in range(len(ids)):
        value = ids[place]
        for back in range(1, order):
            mixed = cut(value * MULTIPLIER + (ids[place - back] if place >= back else 0))
            value = mixed ^ (mixed >> 15)
        found.append(value % num_bins)
    return found


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("length", [1, 2, 40])
def test_buckets_are_those_of_whole_numbers_cut_to_32_bits(order, length):
    ids = np.random.default_rng(0).integers(0, 30_000, (3, length)).astype(np.int32)
    found = ops.convert_to_numpy(hashed_ngrams(ids, order, num_bins=997))
    assert found.tolist() == [by_hand(row.tolist(), order, 997) for row in ids]


def test_order_counts_and_so_does_what_stands_before():
    found = ops.convert_to_numpy(hashed_ngrams(np.array([[4, 9, 5, 4, 9, 9, 4]]), 2, 10_000))[0]
    assert found[1] == found[4]
    assert len({found[1], found[2], found[3], found[5], found[6]}) == 5


def test_many_runs_spread_evenly_over_the_buckets():
    pairs = np.stack(np.meshgrid(np.arange(200), np.arange(200)), -1).reshape(-1, 2)
    found = ops.convert_to_numpy(hashed_ngrams(pairs, 2, 100))[:, 1]
    counts = np.bincount(found, minlength=100)
    chi_squared = ((counts - 400) ** 2 / 400).sum()
    assert chi_squared < 150  # 99 degrees of freedom: more by chance once in a thousand

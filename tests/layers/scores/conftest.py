"""Fixture of queries and keys small enough to compute each score by a formula."""

import itertools

import keras
import numpy as np
import pytest


class Pairs:
    """Two examples of three queries and four keys, in the width of the queries and in another."""

    query, key, wide_key = (
        np.random.default_rng(length * width).normal(size=(2, length, width)).astype("float32")
        for length, width in ((3, 5), (4, 5), (4, 6))
    )

    def apply(self, formula, key=None):
        """Compute `formula(query, key)` of every pair in a loop, `(2, 3, 4)`."""
        key = self.key if key is None else key
        result = np.zeros((2, 3, 4))
        for b, q, k in itertools.product(range(2), range(3), range(4)):
            result[b, q, k] = formula(self.query[b, q], key[b, k])
        return result

    @staticmethod
    def assert_close(actual, expected, atol=1e-5):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(actual), expected, atol=atol)


@pytest.fixture
def pairs():
    keras.utils.set_random_seed(1)
    return Pairs()

import numpy as np

from foveal.layers import Dot, ScaledDot


def test_dot_is_the_dot_product(pairs):
    pairs.assert_close(Dot()(pairs.query, pairs.key), pairs.one_by_one(np.dot))


def test_scaled_dot_divides_by_the_root_of_the_width(pairs):
    pairs.assert_close(ScaledDot()(pairs.query, pairs.key), pairs.one_by_one(np.dot) / np.sqrt(5))

"""Location score: positions, padding, cache and errors (Luong et al. 2015)."""

import keras
import numpy as np
import pytest

from foveal.layers import Location, SelfAttention, SoftAttention


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def test_location_scores_positions_from_query_alone(pairs):
    score = Location(max_length=6)
    actual = score(pairs.query, pairs.key)
    w = to_numpy(score.query_dense.kernel).T
    assert w.shape == (6, 5)
    pairs.assert_close(actual, np.stack([pairs.query @ w[position] for position in range(4)], -1))
    np.testing.assert_array_equal(to_numpy(score(pairs.query, -pairs.key)), to_numpy(actual))


def test_location_with_more_keys_than_positions_raises(pairs):
    with pytest.raises(ValueError, match=r"at most `max_length`=3 positions. Received: 4"):
        SoftAttention(Location(max_length=3))(pairs.query, pairs.key)
    with pytest.raises(ValueError, match="at most `max_length`"):
        SoftAttention(Location(max_length=3))(keras.Input((3, 5)), keras.Input((4, 5)))
    assert SoftAttention(Location(max_length=4))(pairs.query, pairs.key).shape == (2, 3, 5)


def test_location_ignores_padding(pairs):
    layer = SoftAttention(Location(max_length=9))
    expected = to_numpy(layer(pairs.query, pairs.key))
    padded = np.pad(pairs.key, ((0, 0), (0, 3), (0, 0)), constant_values=7)
    mask = np.arange(7)[None] < np.array([[4], [4]])
    pairs.assert_close(layer(pairs.query, padded, value_mask=mask), expected)


def test_location_with_cache_matches_one_call(pairs):
    layer = SelfAttention(2, 4, score=Location(max_length=5))
    expected = to_numpy(layer(pairs.key, use_causal_mask=True))
    cache = layer.init_cache(2, 5)
    for t in range(4):
        output, cache = layer(pairs.key[:, t : t + 1], use_causal_mask=True, cache=cache, cache_index=t)
        pairs.assert_close(output[:, 0], expected[:, t])


def test_location_invalid_max_length_raises():
    with pytest.raises(ValueError, match=r"`max_length` must be at least 1\. Received: max_length=0"):
        Location(max_length=0)

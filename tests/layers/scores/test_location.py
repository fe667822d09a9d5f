import keras
import numpy as np
import pytest

from foveal.layers import Location, SelfAttention, SoftAttention


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def test_the_query_alone_scores_each_place(pairs):
    score = Location(max_length=6)
    actual = score(pairs.query, pairs.key)
    w = to_numpy(score.query_dense.kernel).T
    assert w.shape == (6, 5)
    pairs.assert_close(actual, np.stack([pairs.query @ w[place] for place in range(4)], -1))
    np.testing.assert_array_equal(to_numpy(score(pairs.query, -pairs.key)), to_numpy(actual))


def test_more_keys_than_places_are_refused(pairs):
    with pytest.raises(ValueError, match=r"Expected at most `max_length`, 3, keys. Received: 4"):
        SoftAttention(Location(max_length=3))(pairs.query, pairs.key)
    with pytest.raises(ValueError, match="at most `max_length`"):
        SoftAttention(Location(max_length=3))(keras.Input((3, 5)), keras.Input((4, 5)))
    assert SoftAttention(Location(max_length=4))(pairs.query, pairs.key).shape == (2, 3, 5)


def test_padding_changes_nothing(pairs):
    layer = SoftAttention(Location(max_length=9))
    expected = to_numpy(layer(pairs.query, pairs.key))
    longer = np.pad(pairs.key, ((0, 0), (0, 3), (0, 0)), constant_values=7)
    mask = np.arange(7)[None] < np.array([[4], [4]])
    pairs.assert_close(layer(pairs.query, longer, value_mask=mask), expected)


def test_step_by_step_equals_all_at_once(pairs):
    layer = SelfAttention(2, 4, score=Location(max_length=5))
    expected = to_numpy(layer(pairs.key, use_causal_mask=True))
    cache = layer.init_cache(2, 5)
    for t in range(4):
        output, cache = layer(pairs.key[:, t : t + 1], use_causal_mask=True, cache=cache, cache_index=t)
        pairs.assert_close(output[:, 0], expected[:, t])


def test_a_place_there_is_must_be_asked_for():
    with pytest.raises(ValueError, match=r"`max_length` must be at least 1\. Received: 0"):
        Location(max_length=0)

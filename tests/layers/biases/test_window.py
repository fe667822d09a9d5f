"""Sliding window against a band mask."""

import keras
import numpy as np
import pytest

from foveal.layers import SelfAttention, SlidingWindow

X = np.random.default_rng(0).normal(size=(2, 6, 4)).astype("float32")


def output_and_weights(bias=None, **kwargs):
    keras.utils.set_random_seed(1)
    layer = SelfAttention(num_heads=2, key_dim=3, bias=bias)
    results = layer(X, return_attention_scores=True, **kwargs)
    return [keras.ops.convert_to_numpy(x) for x in results]


@pytest.mark.parametrize(("back", "ahead"), [(0, 0), (2, 0), (1, 3), (9, 9)])
def test_sliding_window_matches_band_mask(back, ahead):
    distance = np.subtract.outer(np.arange(6), np.arange(6))
    band = (distance <= back) & (distance >= -ahead)
    expected = output_and_weights(attention_mask=band)
    for a, e in zip(output_and_weights(SlidingWindow(back, ahead)), expected, strict=True):
        np.testing.assert_allclose(a, e, atol=1e-6)


def test_sliding_window_narrows_causal_mask():
    _, weights = output_and_weights(SlidingWindow(back=1, ahead=1), use_causal_mask=True)
    np.testing.assert_array_equal(weights[0, 0] > 0, np.eye(6) + np.eye(6, k=-1) > 0)


def test_sliding_window_reach():
    assert SlidingWindow(back=5, ahead=2).reach == (5, 2)


@pytest.mark.parametrize(("back", "ahead"), [(-1, 0), (0, -1)])
def test_sliding_window_negative_size_raises(back, ahead):
    with pytest.raises(ValueError, match=rf"must not be negative. Received: back={back}, ahead={ahead}"):
        SlidingWindow(back, ahead)

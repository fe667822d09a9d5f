import keras
import numpy as np
import pytest

from foveal.layers import SelfAttention, SlidingWindow

X = np.random.default_rng(0).normal(size=(2, 6, 4)).astype("float32")


def look(bias=None, **kwargs):
    keras.utils.set_random_seed(1)
    layer = SelfAttention(num_heads=2, key_dim=3, bias=bias)
    results = layer(X, return_attention_scores=True, **kwargs)
    return [keras.ops.convert_to_numpy(x) for x in results]


@pytest.mark.parametrize(("back", "ahead"), [(0, 0), (2, 0), (1, 3), (9, 9)])
def test_is_a_band_of_the_mask(back, ahead):
    distance = np.subtract.outer(np.arange(6), np.arange(6))
    band = (distance <= back) & (distance >= -ahead)
    expected = look(attention_mask=band)
    for a, e in zip(look(SlidingWindow(back, ahead)), expected, strict=True):
        np.testing.assert_allclose(a, e, atol=1e-6)


def test_narrows_the_mask_that_is_there():
    _, weights = look(SlidingWindow(back=1, ahead=1), use_causal_mask=True)
    np.testing.assert_array_equal(weights[0, 0] > 0, np.eye(6) + np.eye(6, k=-1) > 0)


def test_tells_how_far_it_reaches():
    assert SlidingWindow(back=5, ahead=2).reach == (5, 2)


@pytest.mark.parametrize("arguments", [(-1, 0), (0, -1)])
def test_a_negative_reach_is_refused(arguments):
    with pytest.raises(ValueError, match=r"must not be negative. Received: -?[01], -?[01]"):
        SlidingWindow(*arguments)

"""Hash dropout: statistics of the random bits, and the behaviour of Keras's `Dropout`."""

import keras
import numpy as np
import pytest
from keras import ops

from foveal.layers.hash_dropout import HashDropout


def sample_masks(shape=(300, 400), rate=0.3, seed=5, num_calls=1):
    layer = HashDropout(rate, seed=seed)
    return [ops.convert_to_numpy(layer(ops.ones(shape), training=True)) for _ in range(num_calls)]


def test_fraction_of_zeros_matches_rate():
    for rate in (0.1, 0.5, 0.9):
        (values,) = sample_masks(rate=rate)
        assert abs(np.mean(values == 0) - rate) < 0.005  # 120,000 draws: 3 sigma is 0.0043 at most
        np.testing.assert_allclose(np.unique(values), [0, 1 / (1 - rate)], rtol=1e-6)


def test_masks_are_uncorrelated():
    first, second = (values == 0 for values in sample_masks(num_calls=2))

    def correlation(a, b):
        return abs(np.corrcoef(a.ravel(), b.ravel())[0, 1])

    bound = 4 / np.sqrt(first.size)
    assert correlation(first, second) < bound
    assert correlation(first[:, 1:], first[:, :-1]) < bound
    assert correlation(first[1:], first[:-1]) < bound
    assert correlation(first[64:], first[:-64]) < bound
    expected = np.sqrt(0.3 * 0.7 / first.shape[1])  # deviation of a row's share, were all draws independent
    assert abs(np.std(first.mean(1)) / expected - 1) < 0.2
    assert abs(np.std(first.mean(0)) / np.sqrt(0.3 * 0.7 / first.shape[0]) - 1) < 0.2


def test_seed_determines_mask():
    np.testing.assert_array_equal(sample_masks(seed=1), sample_masks(seed=1))
    assert np.any(sample_masks(seed=1)[0] != sample_masks(seed=2)[0])


def test_draw_rows_drops_what_call_drops():
    shape, indices = (2, 3, 7, 50), np.array([6, 1, 1])
    (expected,) = sample_masks(shape, seed=4)
    drop = HashDropout(0.3, seed=4).draw_rows(7)
    for _ in range(2):
        rows = ops.convert_to_numpy(drop(ops.ones((2, 3, 3, 50)), ops.convert_to_tensor(indices, "int32")))
        np.testing.assert_array_equal(rows, expected[:, :, indices])


def test_inference_and_rate_zero_return_inputs():
    inputs = ops.reshape(ops.arange(6.0), (2, 3))
    np.testing.assert_array_equal(HashDropout(0.5)(inputs), inputs)
    np.testing.assert_array_equal(HashDropout(0.0)(inputs, training=True), inputs)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_output_keeps_dtype(dtype):
    layer = HashDropout(0.5, dtype=dtype)
    assert keras.backend.standardize_dtype(layer(ops.ones((4, 5)), training=True).dtype) == dtype


def test_config_round_trip():
    layer = HashDropout.from_config(HashDropout(0.25, seed=3, name="drop").get_config())
    assert (layer.rate, layer.seed, layer.name) == (0.25, 3, "drop")


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2])
def test_rate_out_of_range_raises(rate):
    with pytest.raises(ValueError, match=rf"`rate` must be in \[0, 1\). Received: rate={rate}"):
        HashDropout(rate)

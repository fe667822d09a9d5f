"""Categorical distribution over keys: mode, sampling, one-hot weights, log-probability and entropy."""

import keras
import numpy as np

from foveal.layers.distributions import categorical

PROBABILITIES = np.array([[0.1, 0.6, 0.3], [0.0, 0.5, 0.5], [0.0, 0.0, 0.0]], "float32")


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def to_tensor(x):
    return keras.ops.convert_to_tensor(x)


def test_mode_is_first_most_probable_key_or_minus_one():
    mode = categorical.mode(to_tensor(PROBABILITIES))
    assert keras.backend.standardize_dtype(mode.dtype) == "int32"
    np.testing.assert_array_equal(to_numpy(mode), [1, 1, -1])


def test_sample_categorical_frequencies_match_probabilities():
    num_samples = 20_000
    copies = to_tensor(np.broadcast_to(PROBABILITIES, (num_samples, 3, 3)))
    samples = to_numpy(categorical.sample_categorical(copies, keras.random.SeedGenerator(1)))
    frequencies = (samples[..., None] == np.arange(3)).mean(0)
    error = np.sqrt(PROBABILITIES * (1 - PROBABILITIES) / num_samples)
    assert (np.abs(frequencies - PROBABILITIES) <= 4 * error).all()
    assert (samples[:, 2] == -1).all()


def test_sample_categorical_is_reproducible_and_differs_between_calls():
    copies = to_tensor(np.broadcast_to(PROBABILITIES, (200, 3, 3)))
    first, second = (keras.random.SeedGenerator(7) for _ in range(2))
    samples = [to_numpy(categorical.sample_categorical(copies, seed)) for seed in (first, second, second)]
    np.testing.assert_array_equal(samples[0], samples[1])
    assert (samples[1] != samples[2]).any()


def test_sample_exponential_has_mean_and_deviation_one():
    numbers = to_numpy(categorical.sample_exponential((20_000,), keras.random.SeedGenerator(1)))
    assert np.isfinite(numbers).all()
    assert (numbers > 0).all()
    assert abs(numbers.mean() - 1) < 4 / np.sqrt(20_000)
    assert abs(numbers.std() - 1) < 0.05


def test_one_hot_of_minus_one_is_zero():
    weights = categorical.one_hot(to_tensor(np.array([2, 0, -1])), to_tensor(PROBABILITIES))
    np.testing.assert_array_equal(to_numpy(weights), [[0, 0, 1], [1, 0, 0], [0, 0, 0]])


def test_log_probability_matches_logarithm_of_probability():
    sample = to_tensor(np.array([2, 1, -1]))
    actual = to_numpy(categorical.log_probability(sample, to_tensor(PROBABILITIES)))
    np.testing.assert_allclose(actual, [np.log(0.3), np.log(0.5), 0], rtol=1e-6)


def test_entropy_matches_hand_computed_values():
    probabilities = np.array([[0.5, 0.25, 0.25, 0.0], [0.25] * 4, [0, 1, 0, 0], [0] * 4], "float32")
    expected = [1.5 * np.log(2), np.log(4), 0, 0]
    np.testing.assert_allclose(to_numpy(categorical.entropy(to_tensor(probabilities))), expected, atol=1e-6)

import keras
import numpy as np
import pytest

from foveal.layers.distributions import categorical

CHANCES = np.array([[0.1, 0.6, 0.3], [0.0, 0.5, 0.5], [0.0, 0.0, 0.0]], "float32")


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def tensor(x):
    return keras.ops.convert_to_tensor(x)


def test_the_mode_is_the_likeliest_key_the_first_of_several_and_minus_one_of_none():
    mode = categorical.mode(tensor(CHANCES))
    assert keras.backend.standardize_dtype(mode.dtype) == "int32"
    np.testing.assert_array_equal(to_numpy(mode), [1, 1, -1])


def test_draws_have_the_frequencies_of_the_chances():
    draws = 20_000
    many = tensor(np.broadcast_to(CHANCES, (draws, 3, 3)))
    drawn = to_numpy(categorical.sample_categorical(many, keras.random.SeedGenerator(1)))
    frequencies = (drawn[..., None] == np.arange(3)).mean(0)
    error = np.sqrt(CHANCES * (1 - CHANCES) / draws)
    assert (np.abs(frequencies - CHANCES) <= 4 * error).all()
    assert (drawn[:, 2] == -1).all()


def test_a_seed_fixes_the_draws_and_two_calls_differ():
    many = tensor(np.broadcast_to(CHANCES, (200, 3, 3)))
    first, second = (keras.random.SeedGenerator(7) for _ in range(2))
    drawn = [to_numpy(categorical.sample_categorical(many, seed)) for seed in (first, second, second)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[1] != drawn[2]).any()


def test_exponential_numbers_have_mean_and_deviation_one():
    numbers = to_numpy(categorical.sample_exponential((20_000,), keras.random.SeedGenerator(1)))
    assert np.isfinite(numbers).all()
    assert (numbers > 0).all()
    assert abs(numbers.mean() - 1) < 4 / np.sqrt(20_000)
    assert abs(numbers.std() - 1) < 0.05


def test_one_hot_marks_the_choice_and_nothing_where_there_is_none():
    marked = to_numpy(categorical.one_hot(tensor(np.array([2, 0, -1])), tensor(CHANCES)))
    np.testing.assert_array_equal(marked, [[0, 0, 1], [1, 0, 0], [0, 0, 0]])


def test_log_probability_of_the_choice():
    chosen = tensor(np.array([2, 1, -1]))
    actual = to_numpy(categorical.log_probability(chosen, tensor(CHANCES)))
    np.testing.assert_allclose(actual, [np.log(0.3), np.log(0.5), 0], rtol=1e-6)


def test_entropy_hand_computed():
    probabilities = np.array([[0.5, 0.25, 0.25, 0.0], [0.25] * 4, [0, 1, 0, 0], [0] * 4], "float32")
    expected = [1.5 * np.log(2), np.log(4), 0, 0]
    np.testing.assert_allclose(to_numpy(categorical.entropy(tensor(probabilities))), expected, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_wide_is_float32_or_wider(dtype):
    at_least_float32 = categorical.at_least_float32(keras.ops.ones((2,), dtype))
    assert keras.backend.standardize_dtype(at_least_float32.dtype) == "float32"

"""Gumbel-softmax: inference, sampling, temperature, gradient bias, schedule, saving and errors."""

import keras
import numpy as np
import pytest

from foveal.layers import GumbelSoftmax, distributions

SCORES = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
MASK = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]], bool)


def to_numpy(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def distribute(distribution, scores=SCORES, **kwargs):
    """Return weights and decisions as numpy arrays."""
    return keras.tree.map_structure(to_numpy, distribution(scores, **kwargs))


@pytest.mark.parametrize("hard", [False, True])
def test_gumbel_softmax_selects_mode_at_inference(hard):
    weights, decisions = distribute(GumbelSoftmax(temperature=5.0, hard=hard))
    np.testing.assert_array_equal(weights, np.eye(4)[SCORES.argmax(-1)])
    np.testing.assert_array_equal(decisions["sample"], SCORES.argmax(-1))
    probabilities = np.exp(SCORES) / np.exp(SCORES).sum(-1, keepdims=True)
    np.testing.assert_allclose(
        decisions["entropy"], -(probabilities * np.log(probabilities)).sum(-1), rtol=1e-5
    )


def test_gumbel_softmax_weights_in_training_are_soft_unless_hard():
    soft, decisions = distribute(GumbelSoftmax(seed=1), training=True)
    assert ((soft > 0) & (soft < 1)).all()
    np.testing.assert_allclose(soft.sum(-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(decisions["sample"], soft.argmax(-1))
    hard, _ = distribute(GumbelSoftmax(hard=True, seed=1), training=True)
    np.testing.assert_array_equal(hard, np.eye(4)[soft.argmax(-1)])


@pytest.mark.parametrize("temperature", [0.1, 10.0])
def test_gumbel_softmax_sample_frequencies_match_softmax(problem, temperature):
    num_samples = 20_000
    scores = np.broadcast_to(problem.scores, (num_samples, 1, 3)).astype("float32")
    _, decisions = distribute(GumbelSoftmax(temperature, seed=1), scores, training=True)
    frequencies = (decisions["sample"] == np.arange(3)).mean(0)
    error = np.sqrt(problem.probabilities * (1 - problem.probabilities) / num_samples)
    np.testing.assert_array_less(np.abs(frequencies - problem.probabilities), 4 * error)


def test_gumbel_softmax_temperature_limits_are_one_hot_and_uniform():
    low, _ = distribute(GumbelSoftmax(temperature=1e-3, seed=1), training=True)
    high, _ = distribute(GumbelSoftmax(temperature=1e3, seed=1), training=True)
    np.testing.assert_allclose(low.max(-1), 1, atol=1e-3)
    np.testing.assert_allclose(high, 0.25, atol=0.01)


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_gumbel_softmax_masks_keys_in_any_precision(dtype, hard):
    scores = keras.ops.cast(np.broadcast_to(SCORES, (50, 2, 3, 4)), dtype)
    weights, decisions = GumbelSoftmax(hard=hard, seed=1)(scores, mask=MASK, training=True)
    assert keras.backend.standardize_dtype(weights.dtype) == dtype
    weights = to_numpy(weights)
    np.testing.assert_array_equal(weights * ~MASK, 0)
    np.testing.assert_allclose(weights[..., 0, :].sum(-1), 1, atol=0.01)
    np.testing.assert_allclose(weights[..., 2, 1], 1, atol=1e-6)
    assert (to_numpy(decisions["sample"])[..., 1] == -1).all()


def test_gumbel_softmax_seed_makes_noise_reproducible():
    first, second = (distribute(GumbelSoftmax(seed=3), training=True) for _ in range(2))
    keras.tree.map_structure(np.testing.assert_array_equal, first, second)
    different = distribute(GumbelSoftmax(seed=4), training=True)
    assert np.abs(different[0] - first[0]).min() > 0


def expected_gradient(problem, temperature, hard):
    """Integrate the gradient for two keys, whose noise difference has a logistic distribution."""
    noise = np.linspace(-60, 60, 400_001)
    density = 0.25 / np.cosh(noise / 2) ** 2
    (first, second), gap = problem.values[:2], problem.scores[1] - problem.scores[0]
    weight = 1 / (1 + np.exp(-np.clip((gap + noise) / temperature, -700, 700)))
    second_weight = gap + noise > 0 if hard else weight
    loss_slope = 2 * (first + (second - first) * second_weight - problem.target)
    slopes = loss_slope * (second - first) * weight * (1 - weight) / temperature
    expected = (density * slopes).sum() * (noise[1] - noise[0])
    return np.array([-expected, expected])


@pytest.mark.parametrize(
    ("temperature", "hard", "bias"),
    [(1.0, False, 0.36), (0.5, False, 0.19), (0.1, False, 0.03), (1.0, True, 0.42), (0.5, True, 0.23)],
)
def test_gumbel_softmax_gradient_matches_integral_and_bias_falls_with_temperature(
    problem, temperature, hard, bias
):
    expected = expected_gradient(problem, temperature, hard)
    distribution = GumbelSoftmax(temperature, hard=hard, seed=1)
    estimates = problem.estimates(distribution, scores=problem.scores[:2], values=problem.values[:2])
    problem.assert_mean(estimates, expected)
    probability = 1 / (1 + np.exp(problem.scores[0] - problem.scores[1]))
    exact = probability * (1 - probability) * (problem.losses[1] - problem.losses[0])
    np.testing.assert_allclose(1 - expected[1] / exact, bias, atol=0.005)


def test_gumbel_softmax_gradient_of_masked_keys_is_zero(problem):
    mask = np.array([True, False, True])
    estimates = problem.estimates(GumbelSoftmax(0.1, seed=1), mask=mask)
    assert np.isfinite(estimates).all()
    np.testing.assert_array_equal(estimates[:, 1], 0)
    assert np.abs(estimates[:, 0]).max() > 0
    np.testing.assert_array_equal(problem.estimates(GumbelSoftmax(seed=1), mask=mask & False), 0)


def make_schedule():
    return keras.optimizers.schedules.PolynomialDecay(8.0, decay_steps=2, end_learning_rate=0.5)


def test_gumbel_softmax_schedule_advances_with_training_calls_only():
    annealed, fixed = GumbelSoftmax(make_schedule(), seed=1), GumbelSoftmax(seed=1)
    for temperature in (8.0, 4.25, 0.5, 0.5):
        fixed.temperature = temperature
        distribute(annealed)
        actual, expected = (distribute(layer, training=True)[0] for layer in (annealed, fixed))
        np.testing.assert_allclose(actual, expected, rtol=1e-4)


def test_gumbel_softmax_saved_and_loaded_keeps_step_of_schedule(tmp_path):
    inputs = keras.Input((3, 4))
    model = keras.Model(inputs, GumbelSoftmax(make_schedule(), hard=True, seed=1)(inputs)[0])
    model.compile("sgd", "mse", run_eagerly=keras.backend.backend() == "torch")
    model.layers[-1](SCORES, training=True)
    model.save(tmp_path / "model.keras")
    layer = keras.saving.load_model(tmp_path / "model.keras").layers[-1]
    assert (int(layer.calls.numpy()), layer.hard) == (1, True)
    assert float(layer.temperature(layer.calls.value)) == 4.25


def test_gumbel_softmax_config_round_trip():
    for temperature in (0.7, make_schedule()):
        config = GumbelSoftmax(temperature, hard=True, seed=2).get_config()
        assert GumbelSoftmax.from_config(config).get_config() == config
    assert isinstance(distributions.get("gumbel"), GumbelSoftmax)


@pytest.mark.parametrize("temperature", [0, -1.0])
def test_gumbel_softmax_invalid_temperature_raises(temperature):
    with pytest.raises(ValueError, match=rf"`temperature` must be above 0.*temperature={temperature}"):
        GumbelSoftmax(temperature)

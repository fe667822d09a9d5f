"""REINFORCE distribution: samples, mixture, unbiased gradients by enumeration, masks and errors."""

import keras
import numpy as np
import pytest

from foveal.layers import Reinforce, ReinforceLoss, distributions, masked_softmax, policy_gradient

SCORES = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
MASK = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]], bool)


def to_numpy(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def distribute(distribution, scores=SCORES, **kwargs):
    """Return weights and decisions as numpy arrays."""
    return keras.tree.map_structure(to_numpy, distribution(scores, **kwargs))


def without_baseline(context, target, decisions):
    losses = ((context - target) ** 2)[:, 0]
    return losses + policy_gradient(losses, decisions, baseline=0.0, entropy_weight=0.0)


def test_reinforce_selects_mode_at_inference():
    weights, decisions = distribute(Reinforce())
    np.testing.assert_array_equal(decisions["sample"], SCORES.argmax(-1))
    np.testing.assert_array_equal(weights, np.eye(4)[SCORES.argmax(-1)])


def test_reinforce_samples_one_key_in_training_with_log_probability():
    weights, decisions = distribute(Reinforce(mixture=0, seed=1), training=True)
    sample = decisions["sample"].astype(int)
    assert (sample != SCORES.argmax(-1)).any()
    np.testing.assert_array_equal(weights, np.eye(4)[sample])
    logs = np.log(np.exp(SCORES) / np.exp(SCORES).sum(-1, keepdims=True))
    expected = np.take_along_axis(logs, sample[..., None], -1)[..., 0]
    np.testing.assert_allclose(decisions["log_prob"], expected, rtol=1e-5)
    np.testing.assert_allclose(decisions["entropy"], -(np.exp(logs) * logs).sum(-1), rtol=1e-5)


@pytest.mark.parametrize("mixture", [0.0, 0.3, 1.0])
def test_reinforce_mixture_gives_expectation_to_fraction_of_examples(mixture):
    num_examples = 2000
    scores = np.broadcast_to(SCORES, (num_examples, 2, 3, 4))
    weights, decisions = distribute(Reinforce(mixture, seed=1), scores, training=True)
    expected = decisions["sample"][:, 0, 0] == -1
    assert abs(expected.mean() - mixture) <= 4 * np.sqrt(mixture * (1 - mixture) / num_examples)
    assert (decisions["sample"][expected] == -1).all()
    assert (decisions["sample"][~expected] >= 0).all()
    assert (decisions["log_prob"][expected] == 0).all()
    np.testing.assert_array_equal(weights[expected], to_numpy(masked_softmax(scores))[expected])


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_reinforce_masks_keys_in_any_precision(dtype, training):
    scores = keras.ops.cast(np.broadcast_to(SCORES, (50, 2, 3, 4)), dtype)
    weights, decisions = Reinforce(seed=1)(scores, mask=MASK, training=training)
    assert keras.backend.standardize_dtype(weights.dtype) == dtype
    weights = to_numpy(weights)
    np.testing.assert_array_equal(weights * ~MASK, 0)
    np.testing.assert_allclose(weights[..., 0, :].sum(-1), 1, atol=0.01)
    np.testing.assert_allclose(weights[..., 2, 1], 1, atol=1e-6)
    empty = {name: to_numpy(value)[..., 1] for name, value in decisions.items()}
    assert [np.unique(empty[name]).tolist() for name in ("sample", "log_prob", "entropy")] == [[-1], [0], [0]]


def test_reinforce_seed_makes_samples_reproducible():
    scores = np.broadcast_to(SCORES, (50, 2, 3, 4))
    first, second, different = (distribute(Reinforce(seed=seed), scores, training=True) for seed in (3, 3, 4))
    keras.tree.map_structure(np.testing.assert_array_equal, first, second)
    assert (different[1]["sample"] != first[1]["sample"]).any()


def test_reinforce_sample_has_no_gradient(problem):
    np.testing.assert_array_equal(problem.estimates(Reinforce(mixture=0)), 0)


def test_reinforce_expectation_has_gradient_of_softmax(problem):
    context = problem.probabilities @ problem.values
    expected = problem.through_softmax(2 * (context - problem.target) * problem.values)
    estimates = problem.estimates(Reinforce(mixture=1))
    np.testing.assert_allclose(estimates[0], expected, rtol=1e-3)


def test_reinforce_gradient_without_baseline_is_unbiased(problem):
    problem.assert_mean(problem.estimates(Reinforce(mixture=0, seed=1), without_baseline), problem.exact)


def test_reinforce_gradient_with_baseline_is_unbiased_with_less_variance(problem):
    end = ReinforceLoss("mean_squared_error", entropy_weight=0.0)
    estimates = problem.estimates(Reinforce(mixture=0, seed=1), end)
    problem.assert_mean(estimates, problem.exact)
    reference = problem.estimates(Reinforce(mixture=0, seed=1), without_baseline)
    assert estimates.var(0).sum() < 0.8 * reference.var(0).sum()


def test_reinforce_mixture_gradient_is_between_exact_and_soft_attention(problem):
    context = problem.probabilities @ problem.values
    soft = problem.through_softmax(2 * (context - problem.target) * problem.values)
    estimates = problem.estimates(Reinforce(mixture=0.5, seed=1), without_baseline)
    problem.assert_mean(estimates, 0.5 * problem.exact + 0.5 * soft)


def test_reinforce_entropy_bonus_has_gradient_of_entropy(problem):
    end = ReinforceLoss("mean_squared_error", reward_weight=0.0, entropy_weight=0.7)
    logs = np.log(problem.probabilities)
    estimates = problem.estimates(Reinforce(mixture=0), end)
    np.testing.assert_allclose(estimates[0], 0.7 * problem.through_softmax(logs), rtol=1e-3)


def test_reinforce_gradient_of_masked_keys_is_zero(problem):
    mask = np.array([True, False, True])
    estimates = problem.estimates(Reinforce(seed=1), without_baseline, mask=mask)
    assert np.isfinite(estimates).all()
    np.testing.assert_array_equal(estimates[:, 1], 0)
    assert np.abs(estimates[:, 0]).max() > 0
    end = ReinforceLoss("mean_squared_error")
    np.testing.assert_array_equal(problem.estimates(Reinforce(seed=1), end, mask=mask & False), 0)


def test_reinforce_config_round_trip():
    config = Reinforce(mixture=0.2, seed=5).get_config()
    assert Reinforce.from_config(config).get_config() == config
    assert isinstance(distributions.get("reinforce"), Reinforce)


@pytest.mark.parametrize("mixture", [-0.1, 1.1])
def test_reinforce_invalid_mixture_raises(mixture):
    with pytest.raises(ValueError, match=rf"`mixture` must be in \[0, 1\]. Received: mixture={mixture}"):
        Reinforce(mixture=mixture)

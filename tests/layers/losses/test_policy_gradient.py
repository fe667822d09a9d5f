"""REINFORCE term: its value, its gradient in closed form, several layers and errors."""

import keras
import numpy as np
import pytest

from foveal.layers import policy_gradient

LOSSES = np.array([2.0, 5.0], "float32")


def random_decisions(*shape):
    rng = np.random.default_rng(shape)
    return {name: rng.normal(size=shape).astype("float32") for name in ("log_prob", "entropy")}


class DecisionModel(keras.Model):
    """Model whose weights are the decisions, so that a training step gives their gradient."""

    def __init__(self, decisions, **arguments):
        super().__init__()
        self.decisions, self.arguments = decisions, arguments
        self.decision_weights = {
            name: self.add_weight(shape=value.shape, initializer=lambda *_, value=value, **__: value)
            for name, value in decisions.items()
        }

    def call(self, losses):
        decisions = {name: weight.value for name, weight in self.decision_weights.items()}
        self.add_loss(keras.ops.sum(policy_gradient(losses, decisions, **self.arguments)))
        return losses

    def gradients(self):
        self.compile(keras.optimizers.SGD(1.0), run_eagerly=keras.backend.backend() == "torch")
        self.train_on_batch(LOSSES)
        return {name: self.decisions[name] - weight.numpy() for name, weight in self.decision_weights.items()}


@pytest.mark.parametrize("baseline", [3.0, np.array([1.0, 4.5])], ids=["scalar", "per example"])
def test_policy_gradient_matches_advantage_and_entropy_weight(baseline):
    decisions = random_decisions(2, 3, 4)
    model = DecisionModel(decisions, baseline=baseline, reward_weight=0.5, entropy_weight=0.2)
    gradients = model.gradients()
    advantage = np.broadcast_to(LOSSES - baseline, (4, 3, 2)).T
    np.testing.assert_allclose(gradients["log_prob"], 0.5 * advantage, rtol=1e-5)
    np.testing.assert_allclose(gradients["entropy"], -0.2, rtol=1e-5)


def test_policy_gradient_value_is_zero():
    term = policy_gradient(LOSSES, random_decisions(2, 3), baseline=1.0)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(term), [0, 0])


def test_policy_gradient_of_several_layers_matches_joined_decisions():
    first, second = random_decisions(2, 3), random_decisions(2, 4, 5)
    joined = {name: np.concatenate([first[name], second[name].reshape(2, 20)], 1) for name in first}
    losses = keras.ops.convert_to_tensor(LOSSES)
    values = [policy_gradient(losses, decisions, 1.0) for decisions in ([first, second], joined)]
    np.testing.assert_array_equal(*(keras.ops.convert_to_numpy(value) for value in values))


def test_policy_gradient_without_log_probability_raises():
    decisions = [random_decisions(2, 3), {"entropy": LOSSES}]
    with pytest.raises(ValueError, match=r"`decisions` must .* `Reinforce`.*'log_prob'.*\['entropy'\]"):
        policy_gradient(LOSSES, decisions, 0.0)

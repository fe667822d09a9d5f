import keras
import numpy as np
import pytest

from foveal.layers import policy_gradient

LOSSES = np.array([2.0, 5.0], "float32")


def decisions(*shape):
    rng = np.random.default_rng(shape)
    return {name: rng.normal(size=shape).astype("float32") for name in ("log_prob", "entropy")}


class Decided(keras.Model):
    """Decisions as weights, so that a step of training tells their gradient."""

    def __init__(self, start, **kwargs):
        super().__init__()
        self.start, self.arguments = start, kwargs
        self.decided = {
            name: self.add_weight(shape=value.shape, initializer=lambda *_, value=value, **__: value)
            for name, value in start.items()
        }

    def call(self, losses):
        decided = {name: weight.value for name, weight in self.decided.items()}
        self.add_loss(keras.ops.sum(policy_gradient(losses, decided, **self.arguments)))
        return losses

    def gradients(self):
        self.compile(keras.optimizers.SGD(1.0), run_eagerly=keras.backend.backend() == "torch")
        self.train_on_batch(LOSSES)
        return {name: self.start[name] - weight.numpy() for name, weight in self.decided.items()}


@pytest.mark.parametrize("baseline", [3.0, np.array([1.0, 4.5])])
def test_the_gradient_is_the_advantage_at_every_key_of_an_example_and_the_entropy_everywhere(baseline):
    model = Decided(decisions(2, 3, 4), baseline=baseline, reward_weight=0.5, entropy_weight=0.2)
    gradients = model.gradients()
    advantage = np.broadcast_to(LOSSES - baseline, (4, 3, 2)).T
    np.testing.assert_allclose(gradients["log_prob"], 0.5 * advantage, rtol=1e-5)
    np.testing.assert_allclose(gradients["entropy"], -0.2, rtol=1e-5)


def test_nothing_is_added_to_the_value():
    added = policy_gradient(LOSSES, decisions(2, 3), baseline=1.0)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(added), [0, 0])


def test_several_layers_learn_as_one_with_all_their_decisions():
    one, other = decisions(2, 3), decisions(2, 4, 5)
    joint = {name: np.concatenate([one[name], other[name].reshape(2, 20)], 1) for name in one}
    losses = keras.ops.convert_to_tensor(LOSSES)
    several, single = (
        keras.ops.convert_to_numpy(policy_gradient(losses, d, 1.0)) for d in ([one, other], joint)
    )
    np.testing.assert_array_equal(several, single)


def test_decisions_without_a_log_probability_are_refused():
    with pytest.raises(ValueError, match=r"decisions of a `Reinforce`.*'log_prob'.*\['entropy'\]"):
        policy_gradient(LOSSES, [decisions(2, 3), {"entropy": LOSSES}], 0.0)

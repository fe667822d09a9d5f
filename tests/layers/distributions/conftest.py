"""A problem so small that the gradient of its expected loss is known by enumeration."""

import keras
import numpy as np
import pytest

COPIES = 20_000


class Toy(keras.Model):
    """Copies of a query, each with scores of its own, look for the value that is near a target."""

    def __init__(self, distribution, end, scores, values, target, mask):
        super().__init__()
        self.distribution, self.end = distribution, end
        self.values, self.target, self.mask = values.astype("float32"), target, mask
        start = np.broadcast_to(scores, (COPIES, 1, len(scores)))
        self.scores = self.add_weight(shape=start.shape, initializer=lambda *_, **__: start)

    def call(self, inputs, training=None):
        weights, decisions = self.distribution(self.scores.value, mask=self.mask, training=training)
        seen = keras.ops.sum(keras.ops.multiply(weights, self.values), axis=-1)
        result = seen, inputs + self.target, decisions
        if isinstance(self.end, keras.layers.Layer):
            self.end(*result, training=training)
        else:
            self.add_loss(keras.ops.mean(self.end(*result)))
        return seen


def squared(seen, target, decisions):
    return ((seen - target) ** 2)[:, 0]


class Problem:
    """What any distribution estimates, and what is right."""

    scores, values, target = np.array([0.3, -0.4, 0.9]), np.array([1.0, -2.0, 0.5]), 1.5
    probabilities = np.exp(scores) / np.exp(scores).sum()
    losses = (values - target) ** 2

    def estimates(self, distribution, end=squared, scores=scores, values=values, mask=None):
        """Of the gradient of the scores, `(copies, keys)`: what a step of training takes off."""
        toy = Toy(distribution, end, scores, values, self.target, mask)
        toy.compile(keras.optimizers.SGD(float(COPIES)), run_eagerly=keras.backend.backend() == "torch")
        before = toy.get_weights()[0]
        toy.train_on_batch(np.zeros((COPIES, 1), "float32"))
        return (before - toy.get_weights()[0])[:, 0]

    def through_softmax(self, slopes):
        """The gradient of the scores, from that of the weights."""
        return self.probabilities * (slopes - self.probabilities @ slopes)

    @property
    def exact(self):
        """The gradient of the expected loss, which is the sum over the keys of chance times loss."""
        return self.through_softmax(self.losses)

    @staticmethod
    def assert_mean(estimates, expected):
        """Within four standard errors, and these are small enough to tell."""
        error = estimates.std(0) / np.sqrt(len(estimates))
        assert error.max() < 0.05 * np.abs(expected).max()
        np.testing.assert_array_less(np.abs(estimates.mean(0) - expected), 4 * error)


@pytest.fixture
def problem():
    keras.utils.set_random_seed(1)
    return Problem()

"""A problem so small that the gradient of its expected loss is known by enumeration."""

import keras
import numpy as np
import pytest

ROWS = 20_000


class Toy(keras.Model):
    """A query, in many copies with scores of their own, looks for the value that suits a target.

    The gradient of each copy's scores is one estimate of the gradient of the expected loss.
    """

    values = np.array([1.0, -2.0, 0.5])
    target = 1.5

    def __init__(self, distribution, end, scores):
        super().__init__()
        self.distribution, self.end = distribution, end
        start = np.broadcast_to(scores, (ROWS, 1, len(scores)))
        self.scores = self.add_weight(shape=start.shape, initializer=lambda *_, **__: start)

    def call(self, inputs, training=None):
        weights, decisions = self.distribution(self.scores.value, training=training)
        values = keras.ops.convert_to_tensor(self.values[: weights.shape[-1]], "float32")
        seen = keras.ops.sum(weights * values, axis=-1)
        losses = self.end(seen, inputs * 0 + self.target, decisions)
        if not isinstance(self.end, keras.layers.Layer):
            self.add_loss(keras.ops.mean(losses))
        return seen


def squared(seen, target, decisions):
    return ((seen - target) ** 2)[:, 0]


class Problem:
    """The estimates of any distribution, and what they should be."""

    values, target = Toy.values, Toy.target
    scores = np.array([0.3, -0.4, 0.9])
    chances = np.exp(scores) / np.exp(scores).sum()

    def estimates(self, distribution, end=squared, scores=scores):
        """Of the gradient, `(copies, keys)`, as one step of training takes them."""
        toy = Toy(distribution, end, scores)
        toy.compile(keras.optimizers.SGD(1.0), run_eagerly=keras.backend.backend() == "torch")
        before = toy.scores.numpy().astype("float64")
        toy.train_on_batch(np.zeros((ROWS, 1), "float32"))
        return (before - toy.scores.numpy())[:, 0] * ROWS

    def through_softmax(self, slopes):
        """The gradient of the scores, from that of the weights."""
        return self.chances * (slopes - self.chances @ slopes)

    @property
    def exact(self):
        """Of the expected loss: the sum over all keys of the chance of each times its loss."""
        return self.through_softmax((self.values - self.target) ** 2)


@pytest.fixture
def problem():
    keras.utils.set_random_seed(1)
    return Problem()


def standard_error(estimates):
    return estimates.std(0) / np.sqrt(len(estimates))

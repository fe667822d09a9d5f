"""Fixtures: a toy problem with the exact gradient of its expected loss, and all monotonic alignments."""

import keras
import numpy as np
import pytest

COPIES = 20_000


class ToyModel(keras.Model):
    """Copies of a query, each with scores of its own; the weighted value should be near a target.

    Args:
        distribution: a `Distribution`.
        end: a loss layer that is called with training, or a function that returns losses.
        scores, values: one for each key.
        target: the value of loss 0.
        mask: boolean, one for each key; or None.
    """

    def __init__(self, distribution, end, scores, values, target, mask):
        super().__init__()
        self.distribution, self.end = distribution, end
        self.values, self.target, self.mask = values.astype("float32"), target, mask
        copies = np.broadcast_to(scores, (COPIES, 1, len(scores)))
        self.scores = self.add_weight(shape=copies.shape, initializer=lambda *_, **__: copies)

    def call(self, inputs, training=None):
        weights, decisions = self.distribution(self.scores.value, mask=self.mask, training=training)
        context = keras.ops.sum(keras.ops.multiply(weights, self.values), axis=-1)
        arguments = context, inputs + self.target, decisions
        if isinstance(self.end, keras.layers.Layer):
            self.end(*arguments, training=training)
        else:
            self.add_loss(keras.ops.mean(self.end(*arguments)))
        return context


def squared_error(context, target, decisions):
    return ((context - target) ** 2)[:, 0]


class Problem:
    """Toy problem with three keys: estimated and exact gradients of its expected loss."""

    scores, values, target = np.array([0.3, -0.4, 0.9]), np.array([1.0, -2.0, 0.5]), 1.5
    probabilities = np.exp(scores) / np.exp(scores).sum()
    losses = (values - target) ** 2

    def estimates(self, distribution, end=squared_error, scores=scores, values=values, mask=None):
        """Return the gradient of the scores in each copy, `(copies, keys)`, from one training step."""
        model = ToyModel(distribution, end, scores, values, self.target, mask)
        model.compile(keras.optimizers.SGD(float(COPIES)), run_eagerly=keras.backend.backend() == "torch")
        before = model.get_weights()[0]
        model.train_on_batch(np.zeros((COPIES, 1), "float32"))
        return (before - model.get_weights()[0])[:, 0]

    def through_softmax(self, slopes):
        """Return the gradient of the scores, given that of the weights."""
        return self.probabilities * (slopes - self.probabilities @ slopes)

    @property
    def exact(self):
        """Gradient of the expected loss, the sum over the keys of probability times loss."""
        return self.through_softmax(self.losses)

    @staticmethod
    def assert_mean(estimates, expected):
        """Assert that the mean is within four standard errors, and that these are small."""
        error = estimates.std(0) / np.sqrt(len(estimates))
        assert error.max() < 0.05 * np.abs(expected).max()
        np.testing.assert_array_less(np.abs(estimates.mean(0) - expected), 4 * error)


@pytest.fixture
def problem():
    keras.utils.set_random_seed(1)
    return Problem()


def list_alignments(probabilities, start):
    """List every monotonic alignment as `(stops, probability)`; a stop is None after the last key."""
    if not len(probabilities):
        return [((), 1.0)]
    alignments, remaining = [], 1.0
    for key in range(len(probabilities[0]) if start is None else start, len(probabilities[0])):
        stop = remaining * probabilities[0][key]
        alignments += [((key, *stops), stop * p) for stops, p in list_alignments(probabilities[1:], key)]
        remaining *= 1 - probabilities[0][key]
    passed = list_alignments(probabilities[1:], None)
    return alignments + [((None, *stops), remaining * p) for stops, p in passed]


@pytest.fixture
def all_alignments():
    """Function of probabilities `(queries, keys)` and a start that lists every monotonic alignment."""
    return list_alignments

"""Bias and variance of gradient estimators for hard attention.

`python benchmarks/gradient_estimators.py`. One query attends to one of five keys, whose value is the logits
of a classifier. With so few keys the gradient of the expected loss is computed exactly, by enumeration.
Every distribution of `foveal.layers` estimates it many times: each of many copies of the query has its own
scores, and one step of gradient descent gives the gradients of all of them.
"""

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import keras
import numpy as np
from rich.console import Console
from rich.table import Table

from foveal.layers import GumbelSoftmax, Reinforce, Softmax, StraightThrough, policy_gradient

NUM_COPIES, NUM_KEYS, NUM_CLASSES, LABEL = 50_000, 5, 4, 0
rng = np.random.default_rng(3)
SCORES, VALUES = rng.normal(size=NUM_KEYS), 2 * rng.normal(size=(NUM_KEYS, NUM_CLASSES))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Compute the softmax over the last axis."""
    exponentials = np.exp(logits - logits.max(-1, keepdims=True))
    return exponentials / exponentials.sum(-1, keepdims=True)


PROBABILITIES = softmax(SCORES)
LOSSES = -np.log(softmax(VALUES)[:, LABEL])  # of each key, if it is selected
EXPECTED_LOSS = PROBABILITIES @ LOSSES
EXACT_GRADIENT = PROBABILITIES * (LOSSES - EXPECTED_LOSS)


class AttentionClassifier(keras.Model):
    """Classifier of many copies of one query, each with its own trainable scores.

    Args:
        distribution: distribution over the keys.
        baseline: baseline of REINFORCE; None for a distribution with a gradient of its own.
    """

    def __init__(self, distribution: keras.layers.Layer, baseline: float | None):
        super().__init__()
        self.distribution, self.baseline = distribution, baseline
        initial = np.broadcast_to(SCORES, (NUM_COPIES, 1, NUM_KEYS))
        self.scores = self.add_weight(shape=initial.shape, initializer=lambda *_, **__: initial)

    def call(self, labels, training=None):
        weights, decisions = self.distribution(self.scores.value, training=training)
        logits = keras.ops.matmul(weights, keras.ops.convert_to_tensor(VALUES, "float32"))[:, 0]
        losses = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        if self.baseline is not None:
            losses += policy_gradient(losses, decisions, self.baseline, entropy_weight=0.0)
        self.add_loss(keras.ops.sum(losses))
        return logits


def estimate_gradients(distribution: keras.layers.Layer, baseline: float | None = None) -> np.ndarray:
    """Estimate the gradient of each copy, `(copies, keys)`, by one step of gradient descent."""
    model = AttentionClassifier(distribution, baseline)
    model.compile(keras.optimizers.SGD(1.0), run_eagerly=True)
    before = model.get_weights()[0]
    model.train_on_batch(np.full(NUM_COPIES, LABEL))
    return (before - model.get_weights()[0])[:, 0]


def format_row(name: str, gradients: np.ndarray) -> list[str]:
    """Format bias, standard error, angle and variance, relative to the norm of the exact gradient.

    Args:
        name: of the estimator.
        gradients: `(copies, keys)`.
    """
    norm = np.linalg.norm(EXACT_GRADIENT)
    mean, deviation = gradients.mean(0), np.sqrt(gradients.var(0).sum())
    bias = np.linalg.norm(mean - EXACT_GRADIENT) / norm
    angle = np.degrees(np.arccos(mean @ EXACT_GRADIENT / norm / np.linalg.norm(mean)))
    error = deviation / np.sqrt(NUM_COPIES) / norm
    return [name, f"{bias:.3f}", f"{error:.3f}", f"{angle:.0f}°", f"{(deviation / norm) ** 2:.2f}"]


def main() -> None:
    table = Table(title=f"Gradient of hard attention over {NUM_KEYS} keys, {NUM_COPIES:,} estimates")
    for heading in ("estimator", "bias", "± error", "angle", "variance"):
        table.add_column(heading, justify="left" if heading == "estimator" else "right")
    reinforce = {
        "REINFORCE": (0.0, 0.0),
        "REINFORCE, baseline": (0.0, EXPECTED_LOSS),
        "REINFORCE, baseline, mixture 0.5": (0.5, EXPECTED_LOSS),
    }
    for name, (mixture, baseline) in reinforce.items():
        table.add_row(*format_row(name, estimate_gradients(Reinforce(mixture, seed=1), baseline)))
    table.add_row(*format_row("straight-through", estimate_gradients(StraightThrough())))
    for hard in (False, True):
        for temperature in (1.0, 0.5, 0.1):
            name = f"Gumbel, temperature {temperature}{', hard' if hard else ''}"
            gradients = estimate_gradients(GumbelSoftmax(temperature, hard=hard, seed=1))
            table.add_row(*format_row(name, gradients))
    table.add_row(*format_row("softmax (soft attention)", estimate_gradients(Softmax())))
    Console().print(table)


if __name__ == "__main__":
    main()

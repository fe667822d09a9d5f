"""Bias and variance of the gradients of hard attention: `python benchmarks/gradient_estimators.py`.

One query looks at one of five keys, whose value is the logits of a classifier. With so few keys the gradient
of the expected loss is known by enumeration. Every distribution of `foveal.layers` estimates it many times:
each of many copies of the query has scores of its own, and one step of training tells all their gradients.
"""

import keras
import numpy as np
from rich.console import Console
from rich.table import Table

from foveal.layers import GumbelSoftmax, Reinforce, Softmax, StraightThrough, policy_gradient

COPIES, KEYS, CLASSES, LABEL = 50_000, 5, 4, 0
random = np.random.default_rng(3)
SCORES, VALUES = random.normal(size=KEYS), 2 * random.normal(size=(KEYS, CLASSES))


def softmax(logits: np.ndarray) -> np.ndarray:
    odds = np.exp(logits - logits.max(-1, keepdims=True))
    return odds / odds.sum(-1, keepdims=True)


CHANCES = softmax(SCORES)
LOSSES = -np.log(softmax(VALUES)[:, LABEL])  # of looking at each of the keys
EXPECTED_LOSS = CHANCES @ LOSSES
EXACT = CHANCES * (LOSSES - EXPECTED_LOSS)


class Copies(keras.Model):
    """Copies of the query, with their loss; `baseline` is that of REINFORCE, None for the rest."""

    def __init__(self, distribution: keras.layers.Layer, baseline: float | None):
        super().__init__()
        self.distribution, self.baseline = distribution, baseline
        start = np.broadcast_to(SCORES, (COPIES, 1, KEYS))
        self.scores = self.add_weight(shape=start.shape, initializer=lambda *_, **__: start)

    def call(self, labels, training=None):
        weights, decisions = self.distribution(self.scores.value, training=training)
        logits = keras.ops.matmul(weights, keras.ops.convert_to_tensor(VALUES, "float32"))[:, 0]
        losses = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        if self.baseline is not None:
            losses += policy_gradient(losses, decisions, self.baseline, entropy_weight=0.0)
        self.add_loss(keras.ops.sum(losses))
        return logits


def estimates(distribution: keras.layers.Layer, baseline: float | None = None) -> np.ndarray:
    """Of the gradient, `(copies, keys)`: what one step of gradient descent changes."""
    copies = Copies(distribution, baseline)
    copies.compile(keras.optimizers.SGD(1.0), run_eagerly=True)
    before = copies.get_weights()[0]
    copies.train_on_batch(np.full(COPIES, LABEL))
    return (before - copies.get_weights()[0])[:, 0]


def row(name: str, found: np.ndarray) -> list[str]:
    """Everything relative to the length of the exact gradient, and the angle to it."""
    length = np.linalg.norm(EXACT)
    mean, deviation = found.mean(0), np.sqrt(found.var(0).sum())
    bias = np.linalg.norm(mean - EXACT) / length
    angle = np.degrees(np.arccos(mean @ EXACT / length / np.linalg.norm(mean)))
    error = deviation / np.sqrt(COPIES) / length
    return [name, f"{bias:.3f}", f"{error:.3f}", f"{angle:.0f}°", f"{(deviation / length) ** 2:.2f}"]


def main() -> None:
    table = Table(title=f"The gradient of hard attention over {KEYS} keys, {COPIES:,} estimates")
    for heading in ("estimator", "bias", "± error", "angle", "variance"):
        table.add_column(heading, justify="left" if heading == "estimator" else "right")
    reinforce = {
        "REINFORCE": (0.0, 0.0),
        "REINFORCE, baseline": (0.0, EXPECTED_LOSS),
        "REINFORCE, baseline, mixture 0.5": (0.5, EXPECTED_LOSS),
    }
    for name, (mixture, baseline) in reinforce.items():
        table.add_row(*row(name, estimates(Reinforce(mixture, seed=1), baseline)))
    table.add_row(*row("straight-through", estimates(StraightThrough())))
    for hard in (False, True):
        for temperature in (1.0, 0.5, 0.1):
            name = f"Gumbel, temperature {temperature}{', hard' if hard else ''}"
            table.add_row(*row(name, estimates(GumbelSoftmax(temperature, hard=hard, seed=1))))
    table.add_row(*row("softmax (what soft attention follows)", estimates(Softmax())))
    Console().print(table)


if __name__ == "__main__":
    main()

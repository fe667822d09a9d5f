"""Could the model have looked elsewhere and said the same?"""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from ...layers import masked_softmax
from ..evaluation.divergences import jensen_shannon, total_variation
from .counterfactual_weights import OutputFn, predict_probabilities
from .replaced_weights import replaced_weights


class AdversarialAttention(NamedTuple):
    """Attention that was sought far from a model's own, with the same answer.

    weights: `(num_restarts, batch, heads, queries, keys)`. divergence: `(num_restarts, batch)`, how far they are
    from the model's own, Jensen-Shannon, the mean over heads and queries that look anywhere. change:
    `(num_restarts, batch)`, how far the answer moved, total variation distance.
    """

    weights: np.ndarray
    divergence: np.ndarray
    change: np.ndarray

    def max_divergence(self, epsilon: float) -> np.ndarray:
        """The largest divergence whose answer moved by at most epsilon, `(batch,)`; 0 where none did."""
        return np.where(self.change <= epsilon, self.divergence, 0).max(axis=0)


def adversarial_attention(
    model: keras.Model,
    inputs: Any,
    layer: keras.layers.Layer,
    epsilon: float = 0.01,
    num_restarts: int = 5,
    steps: int = 500,
    output_fn: OutputFn = lambda outputs: outputs,
    learning_rate: float = 0.01,
    penalty_weight: float = 500.0,
    seed: int = 0,
) -> AdversarialAttention:
    """Attention as far as can be from a model's own, with nearly the same answer (Jain and Wallace 2019).

    For each example `num_restarts` maps `a` are sought by Adam, from random ones on, so that
    ```
    sum JSD(a_i, own) + sum JSD(a_i, a_j) / k (k - 1)
        - penalty / k * sum max(0, TVD(answer_i, answer) - epsilon)
    ```

    over the k attempts, and over their pairs, becomes as large as can be. The model does not learn: nothing
    but its attention changes.

    This is the per-example adversary; what it finds may be maps that no model would ever make. That of
    Wiegreffe and Pinter (2019) is `train_adversary`.

    Args:
        model: see `replaced_weights`.
        inputs: a batch, as `model(inputs)` takes it: an array, or arrays in a list or dict.
        layer: the attention layer whose weights are sought, called once by the model.
        epsilon: by how much the answer may move; 0.01 in the paper for texts, 0.05 for questions.
        num_restarts: maps for each example.
        steps: of Adam.
        output_fn: from what the model gives to probabilities `(batch, classes)`; of `keras.ops`.
        learning_rate: of Adam.
        penalty_weight: of an answer that moved by more than epsilon.
        seed: of the maps that it begins with.

    Returns:
        An `AdversarialAttention`; its `max_divergence(epsilon)` is the paper's epsilon-max JSD. Its weights are 0 where the
        layer may not look.

    Raises:
        ValueError: where the layer is called more or less than once, or what is read are no probabilities
            `(batch, classes)`.

    Example:
        >>> words = keras.Input((3, 2))
        >>> layer = keras.layers.Attention()
        >>> model = keras.Model(words, keras.layers.Softmax()(layer([words, words])[:, 0]))
        >>> same_words = np.ones((1, 3, 2))  # wherever it looks, it sees the same
        >>> found = adversarial_attention(model, same_words, layer, num_restarts=2, steps=40)
        >>> found.weights.shape, float(found.change.max()) < 1e-6
        ((2, 1, 1, 3, 3), True)

    Reference: Jain and Wallace, Attention is not Explanation (2019), section 4.2.2.
    """
    own, allowed = _own_weights(model, inputs, layer)
    answer = predict_probabilities(model, inputs, output_fn)
    if answer.ndim != 2:
        raise ValueError(f"Expected probabilities of shape (batch, classes). Received: {answer.shape}.")
    tiled = keras.tree.map_structure(lambda one: np.concatenate([np.asarray(one)] * num_restarts), inputs)

    def answer_with(weights: Any) -> Any:
        with replaced_weights(model, lambda *_: weights, [layer]):
            return output_fn(model(tiled, training=False))

    search = _Search(own, allowed, answer, answer_with, num_restarts, epsilon, penalty_weight, seed)
    search.compile(keras.optimizers.Adam(learning_rate))
    search.fit(np.zeros((steps, 1)), batch_size=1, verbose=0)
    found = ops.convert_to_numpy(search.attention_weights())
    moved = ops.convert_to_numpy(answer_with(found.reshape(-1, *own.shape[1:])))
    return AdversarialAttention(
        weights=found,
        divergence=mean_jensen_shannon(found, own),
        change=total_variation(moved.reshape(num_restarts, *answer.shape), answer),
    )


def mean_jensen_shannon(weights: np.ndarray, own: np.ndarray) -> np.ndarray:
    """How far weights `(..., heads, queries, keys)` are from a model's own, Jensen-Shannon, `(...)`: the mean
    over the heads and queries of the model that look anywhere."""
    looked = own.any(axis=-1)
    divergence = np.where(looked, jensen_shannon(weights, own), 0).sum(axis=(-2, -1))
    return divergence / np.maximum(looked.sum(axis=(-2, -1)), 1)


def _own_weights(model: keras.Model, inputs: Any, layer: keras.layers.Layer) -> tuple[np.ndarray, Any]:
    """What a layer looks at, and where it may look."""
    seen = []

    def watch(weights: Any, mask: Any) -> Any:
        seen.append((weights, mask))
        return weights

    with replaced_weights(model, watch, [layer]):
        model(inputs, training=False)
    if len(seen) != 1:
        raise ValueError(
            f"Expected a layer that is called once. Received: {len(seen)} calls of {layer.name!r}."
        )
    weights, mask = seen[0]
    weights = ops.convert_to_numpy(ops.cast(weights, "float32"))
    return weights, weights.any(axis=-1, keepdims=True) if mask is None else ops.convert_to_numpy(mask)


class _Search(keras.Model):
    """A model whose only weights are those of the attention that is sought."""

    def __init__(
        self,
        own: np.ndarray,
        allowed: np.ndarray,
        answer: np.ndarray,
        answer_with: Any,
        num_restarts: int,
        epsilon: float,
        penalty_weight: float,
        seed: int,
    ):
        super().__init__(name="search")
        self.own, self.allowed, self.answer = own, allowed, answer
        self.answer_with = answer_with
        self.epsilon, self.penalty_weight = epsilon, penalty_weight
        start = keras.initializers.RandomNormal(stddev=1.0, seed=seed)
        self.scores = self.add_weight(shape=(num_restarts, *own.shape), initializer=start, name="scores")

    def attention_weights(self) -> Any:
        """`(num_restarts, batch, heads, queries, keys)`."""
        return masked_softmax(ops.convert_to_tensor(self.scores), ops.convert_to_tensor(self.allowed))

    def call(self, nothing: Any) -> Any:
        weights = self.attention_weights()
        num_restarts = weights.shape[0]
        answers = self.answer_with(ops.reshape(weights, (-1, *self.own.shape[1:])))
        answers = ops.reshape(answers, (num_restarts, *self.answer.shape))
        change = (
            ops.sum(ops.abs(answers - ops.convert_to_tensor(self.answer)), axis=-1) / 2
        )  # (attempts, batch)
        too_far = ops.sum(ops.mean(ops.relu(change - self.epsilon), axis=0))
        away = ops.sum(_divergence(weights, ops.convert_to_tensor(self.own)))
        apart = ops.sum(_divergence(weights[:, None], weights[None])) / 2  # of each pair once
        self.add_loss(
            self.penalty_weight * too_far - away - apart / max(num_restarts * (num_restarts - 1), 1)
        )
        return nothing


def _divergence(first: Any, second: Any) -> Any:
    """Jensen-Shannon, the mean over heads and queries."""
    spread = _entropy((first + second) / 2) - (_entropy(first) + _entropy(second)) / 2
    return ops.mean(spread, axis=(-2, -1))


def _entropy(weights: Any) -> Any:
    return -ops.sum(weights * ops.log(ops.maximum(weights, 1e-30)), axis=-1)

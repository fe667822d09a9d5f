"""Adversarial attention: other weights with nearly the same output (Jain and Wallace 2019)."""

from collections.abc import Callable
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from ...layers import masked_softmax
from ...layers.functional.tensor import Tensor, TensorTree
from ..evaluation.divergences import jensen_shannon, total_variation
from ..supervision.losses import jensen_shannon_loss
from .observed_weights import ObservedWeights, OutputFn, observe_weights
from .replaced_weights import replaced_weights


class AdversarialAttention(NamedTuple):
    """Adversarial attention weights, with their divergence and the change of the output.

    Attributes:
        weights: `(num_restarts, batch, heads, queries, keys)`.
        divergence: `(num_restarts, batch)`, Jensen-Shannon divergence from the attention of the model, the
            mean over heads and queries with attention weight.
        change: `(num_restarts, batch)`, total variation distance of the output.
    """

    weights: np.ndarray
    divergence: np.ndarray
    change: np.ndarray

    def max_divergence(self, epsilon: float) -> np.ndarray:
        """Compute the maximum divergence whose output changes by at most epsilon.

        Args:
            epsilon: maximum total variation distance of the output.

        Returns:
            `(batch,)`; 0 if no restart qualifies.
        """
        return np.where(self.change <= epsilon, self.divergence, 0).max(axis=0)


def adversarial_attention(
    model: keras.Model,
    inputs: TensorTree,
    layer: keras.layers.Layer,
    epsilon: float = 0.01,
    num_restarts: int = 5,
    steps: int = 500,
    output_fn: OutputFn = lambda outputs: outputs,
    learning_rate: float = 0.01,
    penalty_weight: float = 500.0,
    seed: int = 0,
) -> AdversarialAttention:
    """Search for adversarial attention of a model, example by example (Jain and Wallace 2019).

    For each example k = `num_restarts` maps `a` are optimized by Adam from random initial maps. They maximize
    ```
    sum JSD(a_i, attention) + sum JSD(a_i, a_j) / k (k - 1)
        - penalty_weight / k * sum max(0, TVD(output_i, output) - epsilon)
    ```

    over the k maps, and over their pairs. The model is not trained: only its attention weights are replaced.

    The result may be maps that no model of this architecture can compute. `train_adversary` is the
    adversary of Wiegreffe and Pinter (2019), which avoids that.

    Args:
        model: see `replaced_weights`.
        inputs: a batch, as `model(inputs)` takes it: an array, or arrays in a list or dict.
        layer: the attention layer, called once by the model.
        epsilon: maximum change of the output; in the paper 0.01 for classification, 0.05 for question
            answering.
        num_restarts: the number of maps for each example.
        steps: of Adam.
        output_fn: function of the outputs of the model to probabilities `(batch, classes)`, of `keras.ops`.
        learning_rate: of Adam.
        penalty_weight: of a change of the output above epsilon.
        seed: of the initial maps.

    Returns:
        An `AdversarialAttention`; its `max_divergence(epsilon)` is the epsilon-max JSD of the paper. The
        weights of masked keys are 0.

    Raises:
        ValueError: if the layer is not called exactly once, or the outputs are not probabilities
            `(batch, classes)`.

    Example:
        >>> words = keras.Input((3, 2))
        >>> layer = keras.layers.Attention()
        >>> model = keras.Model(words, keras.layers.Softmax()(layer([words, words])[:, 0]))
        >>> equal_words = np.ones((1, 3, 2))  # attention has no effect
        >>> result = adversarial_attention(model, equal_words, layer, num_restarts=2, steps=40)
        >>> result.weights.shape, float(result.change.max()) < 1e-6
        ((2, 1, 1, 3, 3), True)

    Reference:
        Jain and Wallace 2019, Attention is not Explanation, section 4.2.2.
    """
    observed = observe_weights(model, inputs, layer, output_fn=output_fn)
    output = observed.probabilities
    if output.ndim != 2:
        raise ValueError(
            f"`output_fn` must return probabilities of shape (batch, classes). Received: shape {output.shape}"
        )
    tiled = keras.tree.map_structure(lambda x: np.concatenate([np.asarray(x)] * num_restarts), inputs)

    def predict_with(weights: Tensor) -> Tensor:
        with replaced_weights(model, lambda *_: weights, [layer]):
            return output_fn(model(tiled, training=False))

    search = _Search(observed, predict_with, num_restarts, epsilon, penalty_weight, seed)
    search.compile(keras.optimizers.Adam(learning_rate))
    search.fit(np.zeros((steps, 1)), batch_size=1, verbose=0)
    weights = ops.convert_to_numpy(search.attention_weights())
    outputs = ops.convert_to_numpy(predict_with(weights.reshape(-1, *weights.shape[2:])))
    return AdversarialAttention(
        weights=weights,
        divergence=mean_jensen_shannon(weights, observed.weights),
        change=total_variation(outputs.reshape(num_restarts, *output.shape), output),
    )


def mean_jensen_shannon(weights: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Compute the mean Jensen-Shannon divergence over heads and queries with attention weight.

    Args:
        weights: `(..., heads, queries, keys)`.
        reference: the same; queries without weight in the reference are left out.

    Returns:
        `(...)`.
    """
    active = reference.any(axis=-1)
    divergence = np.where(active, jensen_shannon(weights, reference), 0).sum(axis=(-2, -1))
    return divergence / np.maximum(active.sum(axis=(-2, -1)), 1)


class _Search(keras.Model):
    """Model whose only weights are the scores of the adversarial attention; its loss is the objective."""

    def __init__(
        self,
        observed: ObservedWeights,
        predict_with: Callable[[Tensor], Tensor],
        num_restarts: int,
        epsilon: float,
        penalty_weight: float,
        seed: int,
    ):
        super().__init__(name="search")
        self.observed = observed
        self.predict_with = predict_with
        self.epsilon, self.penalty_weight = epsilon, penalty_weight
        shape = (num_restarts, *observed.weights.shape)
        initializer = keras.initializers.RandomNormal(stddev=1.0, seed=seed)
        self.scores = self.add_weight(shape=shape, initializer=initializer, name="scores")

    def attention_weights(self) -> Tensor:
        """Compute the current weights `(num_restarts, batch, heads, queries, keys)`."""
        mask = ops.convert_to_tensor(self.observed.mask)
        return masked_softmax(ops.convert_to_tensor(self.scores), mask)

    def call(self, inputs: Tensor) -> Tensor:
        weights = self.attention_weights()
        num_restarts = weights.shape[0]
        outputs = self.predict_with(ops.reshape(weights, (-1, *weights.shape[2:])))
        outputs = ops.reshape(outputs, (num_restarts, *self.observed.probabilities.shape))
        difference = outputs - ops.convert_to_tensor(self.observed.probabilities)
        change = ops.sum(ops.abs(difference), axis=-1) / 2  # (restarts, batch)
        penalty = ops.sum(ops.mean(ops.relu(change - self.epsilon), axis=0))
        divergence = ops.sum(jensen_shannon_loss(weights, ops.convert_to_tensor(self.observed.weights)))
        diversity = ops.sum(jensen_shannon_loss(weights[:, None], weights[None])) / 2  # each pair once
        num_pairs = max(num_restarts * (num_restarts - 1), 1)
        self.add_loss(self.penalty_weight * penalty - divergence - diversity / num_pairs)
        return inputs

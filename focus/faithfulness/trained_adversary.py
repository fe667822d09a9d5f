"""Trained adversary: a model with other attention and nearly the same outputs (Wiegreffe and Pinter 2019)."""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from ...layers.functional import keras_compat
from ...layers.functional.tensor import Tensor, TensorTree
from ..evaluation.divergences import total_variation
from ..supervision.losses import attention_losses
from .adversarial_attention import mean_jensen_shannon
from .observed_weights import OutputFn, collect_weights, observe_weights


class TrainedAdversary(NamedTuple):
    """A model trained to imitate another with different attention, and its comparison with it.

    Attributes:
        model: the adversary, of the same architecture with its own weights.
        layer: its attention layer.
        weights: its attention weights, `(batch, heads, queries, keys)`.
        divergence: `(batch,)`, Jensen-Shannon divergence from the attention of the original model, the mean
            over heads and queries with attention weight.
        change: `(batch,)`, total variation distance from the outputs of the original model.
    """

    model: keras.Model
    layer: keras.layers.Layer
    weights: np.ndarray
    divergence: np.ndarray
    change: np.ndarray


def train_adversary(
    model: keras.Model,
    inputs: TensorTree,
    layer: keras.layers.Layer,
    divergence_weight: float = 1e-3,
    evaluation_inputs: TensorTree | None = None,
    output_fn: OutputFn = lambda outputs: outputs,
    epochs: int = 10,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
) -> TrainedAdversary:
    """Train an adversary that imitates a model with different attention (Wiegreffe and Pinter 2019).

    The adversary `a` of a model `b` has the same architecture and new initial weights, and minimizes
    ```
    TVD(output_a, output_b) - divergence_weight * KL(attention_a || attention_b)
    ```

    the mean over the examples. Unlike the maps of `adversarial_attention`, its maps are those of a trained
    model, consistent between examples: its success is stronger evidence against the explanation.

    Args:
        model: a model that `keras.models.clone_model` can clone; it is not changed.
        inputs: the training inputs, as `model(inputs)` takes them: an array, or arrays in a list or dict.
        layer: the attention layer, called once by the model.
        divergence_weight: weight of the divergence of attention; 0 imitates only. The paper plots the
            divergence over the change for several weights.
        evaluation_inputs: examples of the comparison; `inputs` when None.
        output_fn: function of the outputs of the model to probabilities `(batch, classes)`, of `keras.ops`.
        epochs: of the training.
        batch_size: of the training.
        learning_rate: of Adam.

    Returns:
        A `TrainedAdversary`. Call `keras.utils.set_random_seed` before for reproducible results.

    Raises:
        ValueError: if the layer is not a layer of the model or not called exactly once, or the outputs are
            not probabilities.

    Example:
        >>> words = keras.Input((3, 2))
        >>> layer = keras.layers.Attention()
        >>> context = layer([words, words])[:, 0]
        >>> model = keras.Model(words, keras.layers.Dense(2, activation="softmax")(context))
        >>> adversary = train_adversary(model, np.ones((4, 3, 2)), layer, epochs=1)
        >>> adversary.weights.shape, adversary.change.shape
        ((4, 1, 3, 3), (4,))

    Reference:
        Wiegreffe and Pinter 2019, Attention is not not Explanation, section 4, equation 1.
    """
    layer_ids = [id(candidate) for candidate in keras_compat.all_layers(model)]
    if id(layer) not in layer_ids:
        raise ValueError(
            f"`layer` must be an attention layer of the model {model.name!r}. Received: layer={layer.name!r}"
        )
    original = observe_weights(model, inputs, layer, batch_size, output_fn)
    adversary = keras.models.clone_model(model)
    adversary_layer = keras_compat.all_layers(adversary)[layer_ids.index(id(layer))]
    imitation = _Imitation(adversary, adversary_layer, divergence_weight, output_fn)
    imitation.compile(keras.optimizers.Adam(learning_rate))
    imitation.fit(
        {"inputs": inputs, "probabilities": original.probabilities, "weights": original.weights},
        batch_size=batch_size,
        epochs=epochs,
        verbose=0,
    )
    if evaluation_inputs is None:
        evaluation_inputs = inputs
    else:
        original = observe_weights(model, evaluation_inputs, layer, batch_size, output_fn)
    result = observe_weights(adversary, evaluation_inputs, adversary_layer, batch_size, output_fn)
    return TrainedAdversary(
        adversary,
        adversary_layer,
        result.weights,
        mean_jensen_shannon(result.weights, original.weights),
        total_variation(result.probabilities, original.probabilities),
    )


class _Imitation(keras.Model):
    """Training model of an adversary, with the objective as its loss."""

    def __init__(
        self, adversary: keras.Model, layer: keras.layers.Layer, divergence_weight: float, output_fn: OutputFn
    ):
        super().__init__(name="imitation")
        self.adversary, self.layer = adversary, layer
        self.divergence_weight, self.output_fn = divergence_weight, output_fn

    def call(self, inputs: dict[str, TensorTree], training: bool | None = None) -> Tensor:
        with collect_weights(self.adversary, self.layer) as calls:
            outputs = self.output_fn(self.adversary(inputs["inputs"], training=training))
        [(weights, _)] = calls
        change = ops.sum(ops.abs(outputs - inputs["probabilities"]), axis=-1) / 2
        divergence, _ = attention_losses(inputs["weights"], weights, "kl")  # KL(adversary || original)
        self.add_loss(ops.mean(change) - self.divergence_weight * ops.mean(divergence))
        return outputs

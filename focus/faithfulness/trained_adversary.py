"""Could another model, which looks elsewhere, have learned the same answers?"""

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from ..evaluation.divergences import total_variation
from ..supervision import attention_losses
from .adversarial_attention import mean_jensen_shannon
from .counterfactual_weights import OutputFn, predict_probabilities
from .replaced_weights import replaced_weights


class TrainedAdversary(NamedTuple):
    """A model that was trained to answer as another does, and to look elsewhere.

    model: with the architecture of the other and weights of its own. layer: its attention. weights:
    `(batch, heads, queries, keys)`, where it looked. divergence: `(batch,)`, how far that is from where the
    other looked, Jensen-Shannon, the mean over heads and queries that look anywhere. change: `(batch,)`, how
    far its answers are from the other's, total variation distance.
    """

    model: keras.Model
    layer: keras.layers.Layer
    weights: np.ndarray
    divergence: np.ndarray
    change: np.ndarray


def train_adversary(
    model: keras.Model,
    inputs: Any,
    layer: keras.layers.Layer,
    divergence_weight: float = 1e-3,
    evaluation_inputs: Any = None,
    output_fn: OutputFn = lambda outputs: outputs,
    epochs: int = 10,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
) -> TrainedAdversary:
    """Train a model that answers as another does but looks elsewhere (Wiegreffe and Pinter 2019).

    The adversary `a` of a model `b` is of the same architecture, begins with new weights, and makes small
    ```
    TVD(answer_a, answer_b) - strength * KL(attention_a || attention_b)
    ```

    the mean over the examples. Unlike the maps of `adversarial_attention`, its maps come from a model that
    can be trained, and go together from example to example: a stronger doubt where it succeeds.

    Args:
        model: of layers that `keras.models.clone_model` can make anew; it stays as it is.
        inputs: what the adversary learns from, as `model(inputs)` takes it: an array, or arrays in a list or
            dict.
        layer: the attention layer that is to look elsewhere, called once by the model.
        divergence_weight: how much looking elsewhere counts; 0 imitates only. The paper draws the curve of divergence
            over change for several.
        evaluation_inputs: examples that the two are compared on; `inputs` when None.
        output_fn: from what the model gives to probabilities `(batch, classes)`; of `keras.ops`.
        epochs, batch_size, learning_rate: of the training, by Adam.

    Returns:
        A `TrainedAdversary`. `keras.utils.set_random_seed` before makes it repeatable.

    Raises:
        ValueError: where the layer is not the model's or is called more or less than once, or what is read
            are no probabilities.

    Example:
        >>> words = keras.Input((3, 2))
        >>> layer = keras.layers.Attention()
        >>> model = keras.Model(words, keras.layers.Softmax()(layer([words, words])[:, 0]))
        >>> adversary = train_adversary(model, np.ones((4, 3, 2)), layer, epochs=1)
        >>> adversary.weights.shape, adversary.change.shape
        ((4, 1, 3, 3), (4,))

    Reference: Wiegreffe and Pinter, Attention is not not Explanation (2019), section 4, equation 1.
    """
    index = [id(one) for one in model._flatten_layers()]
    if id(layer) not in index:
        raise ValueError(f"Expected an attention layer of {model.name!r}. Received: {layer.name!r}.")
    own = _look(model, inputs, layer, batch_size, output_fn)
    adversary = keras.models.clone_model(model)
    copy = list(adversary._flatten_layers())[index.index(id(layer))]
    imitator = _Imitator(adversary, copy, divergence_weight, output_fn)
    imitator.compile(keras.optimizers.Adam(learning_rate))
    imitator.fit(
        {"inputs": inputs, "answer": own.answer, "weights": own.weights},
        batch_size=batch_size,
        epochs=epochs,
        verbose=0,
    )
    if evaluation_inputs is not None:
        own = _look(model, evaluation_inputs, layer, batch_size, output_fn)
    found = _look(
        adversary, inputs if evaluation_inputs is None else evaluation_inputs, copy, batch_size, output_fn
    )
    return TrainedAdversary(
        adversary,
        copy,
        found.weights,
        mean_jensen_shannon(found.weights, own.weights),
        total_variation(found.answer, own.answer),
    )


class _Looked(NamedTuple):
    """What a model answers, and where one of its layers looked."""

    answer: np.ndarray
    weights: np.ndarray


def _look(
    model: keras.Model, inputs: Any, layer: keras.layers.Layer, batch_size: int, output_fn: OutputFn
) -> _Looked:
    seen: list[Any] = []

    def watch(weights: Any, mask: Any) -> Any:
        seen.append(ops.convert_to_numpy(ops.cast(weights, "float32")))
        return weights

    answers = []
    with replaced_weights(model, watch, [layer]):
        for start in range(0, len(keras.tree.flatten(inputs)[0]), batch_size):
            part = keras.tree.map_structure(lambda one, at=start: one[at : at + batch_size], inputs)
            answers.append(predict_probabilities(model, part, output_fn))
    if len(seen) != len(answers):
        raise ValueError(
            f"Expected a layer that is called once. Received: {len(seen) / len(answers):g} calls of "
            f"{layer.name!r}."
        )
    return _Looked(np.concatenate(answers), np.concatenate(seen))


class _Imitator(keras.Model):
    """What is trained: an adversary, and how far it is from the model that it imitates."""

    def __init__(
        self, adversary: keras.Model, layer: keras.layers.Layer, divergence_weight: float, output_fn: OutputFn
    ):
        super().__init__(name="imitator")
        self.adversary, self.layer = adversary, layer
        self.divergence_weight, self.output_fn = divergence_weight, output_fn

    def call(self, told: dict[str, Any], training: bool | None = None) -> Any:
        seen: list[Any] = []

        def watch(weights: Any, mask: Any) -> Any:
            seen.append(weights)
            return weights

        with replaced_weights(self.adversary, watch, [self.layer]):
            answer = self.output_fn(self.adversary(told["inputs"], training=training))
        change = ops.sum(ops.abs(answer - told["answer"]), axis=-1) / 2
        elsewhere, _ = attention_losses(told["weights"], seen[0], "kl")  # its own from the model's
        self.add_loss(ops.mean(change) - self.divergence_weight * ops.mean(elsewhere))
        return answer

"""Gumbel-softmax distribution (Jang et al. 2017; Maddison et al. 2017)."""

from typing import Any

import keras
from keras import ops

from ..functional.precision import at_least_float32
from ..functional.tensor import Tensor
from .categorical import entropy, mode, one_hot, sample_exponential
from .distribution import Distribution
from .softmax import masked_softmax
from .straight_through import straight_through


def gumbel_softmax(
    scores: Tensor, mask: Tensor | None, temperature: float | Tensor, seed: keras.random.SeedGenerator
) -> Tensor:
    """Compute the softmax of scores with Gumbel noise; at temperature 0 it is a one-hot sample.

    Args:
        scores: `(..., Tk)`, in float32 or wider.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.
        temperature: above 0; the lower, the closer to one-hot weights.
        seed: a `keras.random.SeedGenerator`.

    Returns:
        Weights of the shape and dtype of `scores`.
    """
    noise = -ops.log(ops.cast(sample_exponential(ops.shape(scores), seed), scores.dtype))
    return masked_softmax((scores + noise) / ops.cast(temperature, scores.dtype), mask)


@keras.saving.register_keras_serializable(package="foveal")
class GumbelSoftmax(Distribution):
    """Gumbel-softmax: a differentiable sample of a key (Jang et al. 2017; Maddison et al. 2017).

    1. In training `weights = softmax((scores + g) / temperature)`, with `g = -log(-log(u))` and
       `u ~ Uniform(0, 1)` for each key.
    2. With `hard` the weights are their one-hot, whose gradient is that of the soft weights (the
       straight-through form).
    3. At inference there is no noise: the weights are the one-hot of the key with the highest score.

    A high temperature gives a gradient of low variance, for weights unlike those of inference; a low
    temperature gives the reverse. A schedule therefore starts high and ends low:

    ```
    schedule = keras.optimizers.schedules.PolynomialDecay(1.0, 10_000, end_learning_rate=0.1)
    GumbelSoftmax(temperature=schedule)
    ```

    The step of the schedule is the number of training calls. It is a weight of the layer, so a
    loaded layer continues at its temperature. In a recurrent loop every position is a call.

    Args:
        temperature: a number above 0, or one of `keras.optimizers.schedules`.
        hard: whether each query attends to one key in training, too.
        seed: seed of the noise; None for another one in each process.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.
        training: whether noise is added.

    Returns:
        The weights, and the decisions, each `(..., Tq)`: `"sample"`, the key with the largest
        weight, int32, -1 if all keys are masked; `"entropy"` of the softmax of the scores, in nats.

    Raises:
        ValueError: if `temperature` is neither above 0 nor a schedule.

    Example:
        >>> weights, _ = GumbelSoftmax(temperature=0.5)(np.array([[0.0, 2.0, 1.0]]))
        >>> np.array(weights).tolist()
        [[0.0, 1.0, 0.0]]

    Reference:
        Jang et al. 2017, Categorical Reparameterization with Gumbel-Softmax, section 2; Maddison
        et al. 2017, The Concrete Distribution.
    """

    is_stochastic = True
    is_hard = True

    def __init__(
        self,
        temperature: float | dict | keras.optimizers.schedules.LearningRateSchedule = 1.0,
        hard: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if isinstance(temperature, dict):
            temperature = keras.optimizers.schedules.deserialize(temperature)
        self.annealed = isinstance(temperature, keras.optimizers.schedules.LearningRateSchedule)
        if not self.annealed and not temperature > 0:  # pyright: ignore[reportOperatorIssue]
            raise ValueError(
                "`temperature` must be above 0, or one of `keras.optimizers.schedules`. "
                f"Received: temperature={temperature}"
            )
        self.temperature = temperature
        self.hard = hard
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, scores_shape: tuple) -> None:
        if self.annealed:
            self.calls = self.add_weight(dtype="int32", initializer="zeros", trainable=False, name="calls")

    def call(
        self, scores: Tensor, mask: Tensor | None = None, training: bool | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        probabilities = masked_softmax(at_least_float32(scores), mask)
        weights = probabilities
        if training:
            temperature = self._next_temperature()
            weights = gumbel_softmax(at_least_float32(scores), mask, temperature, self.seed_generator)
        sample = mode(weights)
        if self.hard or not training:
            weights = straight_through(one_hot(sample, weights), weights)
        return ops.cast(weights, scores.dtype), {"sample": sample, "entropy": entropy(probabilities)}

    def get_config(self) -> dict:
        schedules = keras.optimizers.schedules
        temperature = schedules.serialize(self.temperature) if self.annealed else self.temperature
        return {
            **super().get_config(),
            "temperature": temperature,
            "hard": self.hard,
            "seed": self.seed,
        }

    def _next_temperature(self) -> float | Tensor:
        if not self.annealed:
            return self.temperature
        temperature = self.temperature(self.calls.value)  # pyright: ignore[reportCallIssue]
        self.calls.assign(self.calls.value + 1)
        return temperature

"""A softmax that noise and a low temperature turn into a choice (Jang et al. 2017)."""

from typing import Any

import keras
from keras import ops

from .categorical import at_least_float32, entropy, mode, one_hot, sample_exponential
from .distribution import Distribution
from .softmax import masked_softmax
from .straight_through import straight_through


def gumbel_softmax(scores: Any, mask: Any, temperature: Any, seed: Any) -> Any:
    """The softmax of scores with Gumbel noise: at temperature 0 a one-hot drawn from their softmax.

    Args:
        scores: `(..., Tk)`, in float32 or wider.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.
        temperature: above 0; the lower, the closer to a one-hot.
        seed: a `keras.random.SeedGenerator`.

    Returns:
        Weights of the shape and dtype of `scores`.
    """
    noise = -ops.log(ops.cast(sample_exponential(ops.shape(scores), seed), scores.dtype))
    return masked_softmax((scores + noise) / ops.cast(temperature, scores.dtype), mask)


@keras.saving.register_keras_serializable(package="foveal")
class GumbelSoftmax(Distribution):
    """Draws weights near a one-hot, through which gradients flow (Jang et al. 2017; Maddison et al. 2017).

    1. in training `weights = softmax((scores + g) / temperature)`, `g = -log(-log(u))`,
       `u ~ Uniform(0, 1)`, one for each key;
    2. with `hard` their one-hot, its gradient taken to be theirs (the straight-through form);
    3. at inference, without noise, the one-hot of the key with the highest score.

    A high temperature gives a gradient of low variance for weights that are not those of
    inference, a low one the reverse; so it starts high and is lowered, by a schedule:

    ```
    schedule = keras.optimizers.schedules.PolynomialDecay(1.0, 10_000, end_learning_rate=0.1)
    GumbelSoftmax(temperature=schedule)
    ```

    The step of the schedule is the number of training calls. It is a weight of the layer, so what
    was saved goes on where it stopped. In a recurrent loop every position is a call.

    Args:
        temperature: a number above 0, or one of `keras.optimizers.schedules`.
        hard: whether in training, too, each query looks at one key.
        seed: of the noise; None for one that differs at every start.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.
        training: whether there is noise.

    Returns:
        The weights, and what was decided, each `(..., Tq)`: `"sample"`, the key with the largest
        weight, int32, -1 where there was none to see; `"entropy"` of the softmax of the scores, in
        nats.

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

    def __init__(self, temperature: Any = 1.0, hard: bool = False, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if isinstance(temperature, dict):
            temperature = keras.optimizers.schedules.deserialize(temperature)
        self.annealed = isinstance(temperature, keras.optimizers.schedules.LearningRateSchedule)
        if not self.annealed and not temperature > 0:
            raise ValueError(
                "`temperature` must be above 0, or one of `keras.optimizers.schedules`. "
                f"Received: {temperature}"
            )
        self.temperature = temperature
        self.hard = hard
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, scores_shape: tuple) -> None:
        if self.annealed:
            self.calls = self.add_weight(dtype="int32", initializer="zeros", trainable=False, name="calls")

    def call(self, scores: Any, mask: Any = None, training: bool | None = None) -> tuple[Any, dict]:
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

    def _next_temperature(self) -> Any:
        if not self.annealed:
            return self.temperature
        temperature = self.temperature(self.calls.value)
        self.calls.assign(self.calls.value + 1)
        return temperature

"""Stochastic hard attention trained by REINFORCE (Xu et al. 2015)."""

from typing import Any

import keras
from keras import ops

from ..functional.precision import at_least_float32
from ..functional.tensor import Tensor
from .categorical import entropy, log_probability, mode, one_hot, sample_categorical
from .distribution import Distribution
from .softmax import masked_softmax


def sample_or_expect(
    probabilities: Tensor, mixture: float, seed: keras.random.SeedGenerator
) -> tuple[Tensor, Tensor]:
    """Sample a key for each query, or take the expectation for some of the examples.

    Args:
        probabilities: `(batch, ..., Tq, Tk)`.
        mixture: probability that an example, with all its heads and queries, gets the expectation.
        seed: a `keras.random.SeedGenerator`.

    Returns:
        The sampled keys, int32 `(batch, ..., Tq)`, -1 for the expectation; and the weights: one-hot,
        or the probabilities themselves.
    """
    shape = (ops.shape(probabilities)[0], *(1 for _ in probabilities.shape[1:]))
    use_expectation = keras.random.uniform(shape, dtype="float32", seed=seed) < mixture
    sample = ops.where(use_expectation[..., 0], -1, sample_categorical(probabilities, seed))
    return sample, ops.where(use_expectation, probabilities, one_hot(sample, probabilities))


@keras.saving.register_keras_serializable(package="foveal")
class Reinforce(Distribution):
    """Stochastic hard attention: samples one key in training, for REINFORCE (Xu et al. 2015).

    1. `alpha = softmax(scores)` over the unmasked keys.
    2. In training `s ~ Multinoulli(alpha)` is one key for each query, and the weights are its
       one-hot. For a fraction `mixture` of the examples they are the expectation, `alpha` itself.
    3. At inference `s` is the mode, the key with the highest score.

    No gradient flows through a sampled key. The scores learn from its log-probability and the loss of
    the example, which `ReinforceLoss` combines. Without that loss only the examples with the
    expectation train the scores.

    Args:
        mixture: probability that an example gets the expectation instead of a sample in training. It
            lowers the variance of the gradient, and biases it unless it is 0. In a recurrent loop
            it is sampled at every step.
        seed: seed of the samples; None for another one in each process.

    Call arguments:
        scores: `(batch, ..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.
        training: whether keys are sampled.

    Returns:
        The weights, and the decisions, each `(batch, ..., Tq)`: `"sample"`, the key, int32, -1 if
        all keys are masked or for the expectation; `"log_prob"`, its log-probability, 0 without a
        sample; `"entropy"` of the softmax, in nats.

    Raises:
        ValueError: if `mixture` is outside [0, 1].

    Example:
        >>> weights, decisions = Reinforce()(np.array([[0.0, 2.0, 1.0]]))
        >>> np.array(weights).tolist(), np.array(decisions["sample"]).tolist()
        ([[0.0, 1.0, 0.0]], [1])

    Reference:
        Xu et al. 2015, Show, Attend and Tell, section 4.1, eq. 8-12.
    """

    is_stochastic = True
    is_hard = True

    def __init__(self, mixture: float = 0.5, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= mixture <= 1:
            raise ValueError(f"`mixture` must be in [0, 1]. Received: mixture={mixture}")
        self.mixture = mixture
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(
        self, scores: Tensor, mask: Tensor | None = None, training: bool | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        probabilities = masked_softmax(at_least_float32(scores), mask)
        if training:
            sample, weights = sample_or_expect(probabilities, self.mixture, self.seed_generator)
        else:
            sample = mode(probabilities)
            weights = one_hot(sample, probabilities)
        return ops.cast(weights, scores.dtype), {
            "sample": sample,
            "log_prob": log_probability(sample, probabilities),
            "entropy": entropy(probabilities),
        }

    def get_config(self) -> dict:
        return {**super().get_config(), "mixture": self.mixture, "seed": self.seed}

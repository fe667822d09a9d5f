"""One key per query, drawn at random (Xu et al. 2015)."""

from typing import Any

import keras
from keras import ops

from .categorical import at_least_float32, entropy, log_probability, mode, one_hot, sample_categorical
from .distribution import Distribution
from .softmax import masked_softmax


def sample_or_expect(probabilities: Any, mixture: float, seed: Any) -> tuple[Any, Any]:
    """A key drawn for each query, or for some of the examples the expectation instead.

    Args:
        probabilities: `(batch, ..., Tq, Tk)`, of each key to be drawn.
        mixture: probability that an example, all its heads and queries, gets the expectation.
        seed: a `keras.random.SeedGenerator`.

    Returns:
        The keys, int32 `(batch, ..., Tq)`, -1 where none was drawn; and the weights: one-hot, or
        the chances themselves.
    """
    examples = (ops.shape(probabilities)[0], *(1 for _ in probabilities.shape[1:]))
    expected = keras.random.uniform(examples, seed=seed) < mixture
    sample = ops.where(expected[..., 0], -1, sample_categorical(probabilities, seed))
    return sample, ops.where(expected, probabilities, one_hot(sample, probabilities))


@keras.saving.register_keras_serializable(package="foveal")
class Reinforce(Distribution):
    """Looks at one key, drawn from the softmax in training, and learns by REINFORCE (Xu et al. 2015).

    1. `alpha = softmax(scores)` over the keys that may be seen;
    2. in training `s ~ Multinoulli(alpha)`, one key for each query, and the weights are its
       one-hot; for a share `mixture` of the examples they are the expectation, `alpha` itself;
    3. at inference `s` is the mode, the key with the highest score.

    No gradient flows through a key that was drawn: the scores learn from its log-probability and
    how well the example then went, which `ReinforceLoss` puts together. Without that loss only the
    examples that got the expectation teach where to look.

    Args:
        mixture: probability that in training an example gets the expectation in place of a
            sample. It lowers the variance of the gradient, and biases it unless it is 0. In a
            recurrent loop it is drawn at every step.
        seed: of the draws; None for one that differs at every start.

    Call arguments:
        scores: `(batch, ..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.
        training: whether keys are drawn.

    Returns:
        The weights, and what was decided, each `(batch, ..., Tq)`: `"sample"`, the key, int32, -1
        where there was none to see or the expectation took its place; `"log_prob"`, its
        log-probability, 0 where there is no sample; `"entropy"` of the softmax, in nats.

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
            raise ValueError(f"`mixture` must be in [0, 1]. Received: {mixture}")
        self.mixture = mixture
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, scores: Any, mask: Any = None, training: bool | None = None) -> tuple[Any, dict]:
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

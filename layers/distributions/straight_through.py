"""One key per query, learned as if it were a softmax (Bengio et al. 2013)."""

from typing import Any

import keras
from keras import ops

from .categorical import at_least_float32, entropy, mode, one_hot
from .distribution import Distribution
from .softmax import masked_softmax


def straight_through(hard: Any, soft: Any) -> Any:
    """Has the value of `hard`, to the bit, and the gradient of `soft`."""
    return hard + (soft - ops.stop_gradient(soft))


@keras.saving.register_keras_serializable(package="foveal")
class StraightThrough(Distribution):
    """Looks at the key with the highest score, and learns as softmax does (Bengio et al. 2013).

    1. `alpha = softmax(scores)` over the keys that may be seen;
    2. the weights are the one-hot of its largest, in training and at inference;
    3. their gradient is taken to be that of `alpha`.

    Nothing is drawn, and training sees what inference will. The gradient is that of the loss made
    linear at the key looked at: exact for a linear loss, biased for any other. A choice drawn at
    random with such a gradient is `GumbelSoftmax(hard=True)`.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.
        training: whether the model is being trained; the choice is the same.

    Returns:
        The weights, and what was decided, each `(..., Tq)`: `"sample"`, the key, int32, -1 where
        there was none to see; `"entropy"` of the softmax, in nats.

    Example:
        >>> weights, decisions = StraightThrough()(np.array([[0.0, 2.0, 1.0]]))
        >>> np.array(weights).tolist(), np.array(decisions["sample"]).tolist()
        ([[0.0, 1.0, 0.0]], [1])

    Reference:
        Bengio et al. 2013, Estimating or Propagating Gradients Through Stochastic Neurons for
        Conditional Computation, which names Hinton's lectures as the origin.
    """

    is_hard = True

    def call(self, scores: Any, mask: Any = None, training: bool | None = None) -> tuple[Any, dict]:
        probabilities = masked_softmax(at_least_float32(scores), mask)
        sample = mode(probabilities)
        weights = straight_through(one_hot(sample, probabilities), probabilities)
        return ops.cast(weights, scores.dtype), {"sample": sample, "entropy": entropy(probabilities)}

"""Straight-through hard attention (Bengio et al. 2013)."""

import keras
from keras import ops

from ..functional.precision import at_least_float32
from ..functional.tensor import Tensor
from .categorical import entropy, mode, one_hot
from .distribution import Distribution
from .softmax import masked_softmax


def straight_through(hard: Tensor, soft: Tensor) -> Tensor:
    """Return the exact value of `hard` with the gradient of `soft`; both have the same shape."""
    return hard + (soft - ops.stop_gradient(soft))


@keras.saving.register_keras_serializable(package="foveal")
class StraightThrough(Distribution):
    """Straight-through hard attention: one-hot weights with the gradient of softmax (Bengio et al. 2013).

    1. `alpha = softmax(scores)` over the unmasked keys.
    2. The weights are the one-hot of its largest entry, in training and at inference.
    3. Their gradient is that of `alpha`.

    Nothing is sampled, and training and inference have the same weights. The gradient is that of the
    loss linearized at the selected key: exact for a linear loss, biased for any other.
    `GumbelSoftmax(hard=True)` samples the key and has such a gradient, too.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.
        training: not used.

    Returns:
        The weights, and the decisions, each `(..., Tq)`: `"sample"`, the key, int32, -1 if all keys
        are masked; `"entropy"` of the softmax, in nats.

    Example:
        >>> weights, decisions = StraightThrough()(np.array([[0.0, 2.0, 1.0]]))
        >>> np.array(weights).tolist(), np.array(decisions["sample"]).tolist()
        ([[0.0, 1.0, 0.0]], [1])

    Reference:
        Bengio et al. 2013, Estimating or Propagating Gradients Through Stochastic Neurons for
        Conditional Computation, which names Hinton's lectures as the origin.
    """

    is_hard = True

    def call(
        self, scores: Tensor, mask: Tensor | None = None, training: bool | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        probabilities = masked_softmax(at_least_float32(scores), mask)
        sample = mode(probabilities)
        weights = straight_through(one_hot(sample, probabilities), probabilities)
        return ops.cast(weights, scores.dtype), {"sample": sample, "entropy": entropy(probabilities)}

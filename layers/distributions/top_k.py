"""Top-k softmax (Gupta et al. 2021)."""

from typing import Any

import keras
from keras import ops

from ..functional.tensor import Tensor
from .distribution import Distribution
from .softmax import masked_softmax


def top_k_mask(scores: Tensor, k: int) -> Tensor:
    """Return the mask of the k highest scores of each row, the first of equal ones, like `scores`."""
    lowest = ops.top_k(_pad_keys(ops.stop_gradient(scores), k), k)[0][..., -1:]
    above, ties = scores > lowest, ops.equal(scores, lowest)
    num_ties = k - ops.sum(ops.cast(above, "int32"), axis=-1, keepdims=True)
    first_ties = ops.cumsum(ops.cast(ties, "int32"), axis=-1) <= num_ties
    return ops.logical_or(above, ops.logical_and(ties, first_ties))


@keras.saving.register_keras_serializable(package="foveal")
class TopK(Distribution):
    """Top-k softmax: all keys but the k highest have weight exactly 0 (Gupta et al. 2021).

    1. The k unmasked keys with the highest scores are selected, the first of equal ones.
    2. The weights are the softmax of their scores.

    All unmasked keys are selected if there are fewer than k. The gradient reaches the scores of the
    selected keys.

    Args:
        k: number of keys, 1 or more.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.
        training: not used.

    Returns:
        The weights, and the decisions, `{}`.

    Raises:
        ValueError: if `k` is not an int above 0, or there are fewer than k keys, masked ones
            included.

    Example:
        >>> weights, _ = TopK(2)(np.array([[1.0, 3.0, 2.0, 3.0]]))
        >>> np.array(weights).tolist()
        [[0.0, 0.5, 0.0, 0.5]]

    Reference:
        Gupta et al. 2021, Memory-efficient Transformers via Top-k Attention, section 2.
    """

    def __init__(self, k: int, **kwargs: Any):
        super().__init__(**kwargs)
        if not isinstance(k, int) or k < 1:
            raise ValueError(f"`k` must be an int above 0. Received: k={k!r}")
        self.k = k

    def call(
        self, scores: Tensor, mask: Tensor | None = None, training: bool | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        shape = tuple(scores.shape)
        if isinstance(shape[-1], int) and shape[-1] < self.k:
            raise ValueError(
                f"`scores` must have at least k={self.k} keys. Received: scores of shape {shape}"
            )
        if mask is None:
            return masked_softmax(scores, top_k_mask(scores, self.k)), {}
        selected = top_k_mask(ops.where(mask, scores, float("-inf")), self.k)
        return masked_softmax(scores, ops.logical_and(selected, mask)), {}

    def get_config(self) -> dict:
        return {**super().get_config(), "k": self.k}


def _pad_keys(scores: Tensor, k: int) -> Tensor:
    """Append k keys of the lowest score if the number of keys is not static."""
    if isinstance(scores.shape[-1], int):
        return scores
    no_padding = [(0, 0)] * (len(scores.shape) - 1)
    return ops.pad(scores, [*no_padding, (0, k)], constant_values=float("-inf"))

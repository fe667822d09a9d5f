"""Softmax over the few most relevant keys."""

from typing import Any

import keras
from keras import ops

from .distribution import Distribution
from .softmax import masked_softmax


def top_k_mask(scores: Any, k: int) -> Any:
    """Where the k highest scores of each row are, boolean like `scores`; of equal ones the first."""
    lowest = ops.top_k(_at_least(k, ops.stop_gradient(scores)), k)[0][..., -1:]
    above, ties = scores > lowest, ops.equal(scores, lowest)
    room = k - ops.sum(ops.cast(above, "int32"), axis=-1, keepdims=True)
    first = ops.cumsum(ops.cast(ties, "int32"), axis=-1) <= room
    return ops.logical_or(above, ops.logical_and(ties, first))


@keras.saving.register_keras_serializable(package="foveal")
class TopK(Distribution):
    """Softmax over the k most relevant keys; all others get exactly 0 (Gupta et al. 2021).

    1. of the keys that may be seen the k with the highest scores are chosen, of equal ones the
       first;
    2. their scores become weights by softmax.

    Where fewer than k may be seen, all of them are chosen. The gradient reaches the scores of
    those chosen.

    Args:
        k: how many keys, 1 or more.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.
        training: whether the model is being trained; top-k does not ask.

    Returns:
        The weights, and what was decided (nothing: `{}`).

    Raises:
        ValueError: if `k` is no int above 0, or there are fewer than k keys, seen or not.

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
            raise ValueError(f"`k` must be an int above 0. Received: {k!r}")
        self.k = k

    def call(self, scores: Any, mask: Any = None, training: bool | None = None) -> tuple[Any, dict]:
        shape = tuple(scores.shape)
        if isinstance(shape[-1], int) and shape[-1] < self.k:
            raise ValueError(f"Expected at least k = {self.k} keys. Received scores of shape: {shape}")
        if mask is None:
            return masked_softmax(scores, top_k_mask(scores, self.k)), {}
        chosen = top_k_mask(ops.where(mask, scores, float("-inf")), self.k)
        return masked_softmax(scores, ops.logical_and(chosen, mask)), {}

    def get_config(self) -> dict:
        return {**super().get_config(), "k": self.k}


def _at_least(k: int, scores: Any) -> Any:
    """Where a trace does not know how many keys there are, k more that are never the best."""
    if isinstance(scores.shape[-1], int):
        return scores
    others = [(0, 0)] * (len(scores.shape) - 1)
    return ops.pad(scores, [*others, (0, k)], constant_values=float("-inf"))

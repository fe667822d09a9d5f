"""Distributions that give what hardly matters no weight at all: the entmax family as layers."""

import math
from typing import Any

import keras
from keras import ops

from .distribution import Distribution
from .entmax import entmax, entmax15, sparsemax


@keras.saving.register_keras_serializable(package="foveal")
class Sparsemax(Distribution):
    """Weights some of which are exactly 0 (Martins & Astudillo 2016).

    The distribution nearest to the scores: `weights = (z - tau)_+`, with the tau that makes them
    sum to 1. Keys more than 1 below the best always get nothing, and few get anything; where they
    get some, the gradient is that of a plain mean.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.
        training: whether the model is being trained; sparsemax does not ask.

    Returns:
        The weights, and what was decided (nothing: `{}`).

    Example:
        >>> weights, _ = Sparsemax()(np.array([[0.5, 0.25, -1.0]]))
        >>> np.array(weights).tolist()
        [[0.625, 0.375, 0.0]]

    Reference:
        Martins & Astudillo 2016, From Softmax to Sparsemax, section 2.
    """

    def call(self, scores: Any, mask: Any = None, training: bool | None = None) -> tuple[Any, dict]:
        return sparsemax(scores, mask), {}


@keras.saving.register_keras_serializable(package="foveal")
class Entmax15(Distribution):
    """Half way from softmax to sparsemax: smooth, and zero for what hardly matters (Peters et al. 2019).

    `weights = (z / 2 - tau)_+ ** 2`, with the tau that makes them sum to 1. Keys more than 2 below
    the best always get nothing.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.
        training: whether the model is being trained; entmax does not ask.

    Returns:
        The weights, and what was decided (nothing: `{}`).

    Example:
        >>> weights, _ = Entmax15()(np.array([[0.0, 0.0, -3.0]]))
        >>> np.array(weights).round(4).tolist()
        [[0.5, 0.5, 0.0]]

    Reference:
        Peters et al. 2019, Sparse Sequence-to-Sequence Models, section 3.
    """

    def call(self, scores: Any, mask: Any = None, training: bool | None = None) -> tuple[Any, dict]:
        return entmax15(scores, mask), {}


@keras.saving.register_keras_serializable(package="foveal")
class Entmax(Distribution):
    """Each head learns how sparse it is (Correia et al. 2019).

    `weights = ((alpha - 1) z - tau)_+ ** (1 / (alpha - 1))`, with the tau that makes them sum to 1
    and, for each head, `alpha = 1 + sigmoid(a)` with a learned: towards 1 it is softmax, towards 2
    sparsemax.

    Args:
        initial_alpha: of every head, in (1, 2).

    Call arguments:
        scores: `(batch, heads, Tq, Tk)`, or `(batch, Tq, Tk)` without heads.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.
        training: whether the model is being trained; entmax does not ask.

    Returns:
        The weights, and what was decided: `{"alpha": (..., Tq)}`, the same for all queries.

    Raises:
        ValueError: if `initial_alpha` is outside (1, 2).

    Example:
        >>> _, decisions = Entmax(initial_alpha=1.25)(np.ones((1, 2, 3, 4)))
        >>> tuple(decisions["alpha"].shape), round(float(decisions["alpha"][0, 0, 0]), 4)
        ((1, 2, 3), 1.25)

    Reference:
        Correia et al. 2019, Adaptively Sparse Transformers, section 3.
    """

    def __init__(self, initial_alpha: float = 1.5, **kwargs: Any):
        super().__init__(**kwargs)
        if not 1 < initial_alpha < 2:
            raise ValueError(f"`initial_alpha` must be in (1, 2). Received: {initial_alpha}")
        self.initial_alpha = initial_alpha

    def build(self, scores_shape: tuple) -> None:
        start = math.log((self.initial_alpha - 1) / (2 - self.initial_alpha))
        self.a = self.add_weight(
            shape=scores_shape[1:-2], initializer=keras.initializers.Constant(start), name="a"
        )

    def call(self, scores: Any, mask: Any = None, training: bool | None = None) -> tuple[Any, dict]:
        alpha = 1 + ops.sigmoid(ops.cast(self.a, "float32"))
        weights = entmax(scores, alpha[..., None, None], mask)
        return weights, {"alpha": ops.broadcast_to(alpha[..., None], ops.shape(scores)[:-1])}

    def get_config(self) -> dict:
        return {**super().get_config(), "initial_alpha": self.initial_alpha}

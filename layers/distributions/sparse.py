"""Sparse distributions: sparsemax, 1.5-entmax and entmax with learned alpha as layers."""

import math
from typing import Any

import keras
from keras import ops

from ..functional.precision import working_dtype
from ..functional.tensor import Tensor
from .distribution import Distribution
from .entmax import entmax, entmax15, sparsemax


@keras.saving.register_keras_serializable(package="foveal")
class Sparsemax(Distribution):
    """Sparsemax: the Euclidean projection of the scores onto the simplex (Martins & Astudillo 2016).

    `weights = (z - tau)_+`, with the tau that makes them sum to 1. Keys more than 1 below the highest
    score always have weight 0, and few keys have any. Within the support the Jacobian is that of
    subtracting the mean.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.
        training: not used.

    Returns:
        The weights, and the decisions, `{}`.

    Example:
        >>> weights, _ = Sparsemax()(np.array([[0.5, 0.25, -1.0]]))
        >>> np.array(weights).tolist()
        [[0.625, 0.375, 0.0]]

    Reference:
        Martins & Astudillo 2016, From Softmax to Sparsemax, section 2.
    """

    def call(
        self, scores: Tensor, mask: Tensor | None = None, training: bool | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        return sparsemax(scores, mask), {}


@keras.saving.register_keras_serializable(package="foveal")
class Entmax15(Distribution):
    """1.5-entmax: sparse and smooth, between softmax and sparsemax (Peters et al. 2019).

    `weights = (z / 2 - tau)_+ ** 2`, with the tau that makes them sum to 1. Keys more than 2 below
    the highest score always have weight 0.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.
        training: not used.

    Returns:
        The weights, and the decisions, `{}`.

    Example:
        >>> weights, _ = Entmax15()(np.array([[0.0, 0.0, -3.0]]))
        >>> np.array(weights).round(4).tolist()
        [[0.5, 0.5, 0.0]]

    Reference:
        Peters et al. 2019, Sparse Sequence-to-Sequence Models, section 3.
    """

    def call(
        self, scores: Tensor, mask: Tensor | None = None, training: bool | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        return entmax15(scores, mask), {}


@keras.saving.register_keras_serializable(package="foveal")
class Entmax(Distribution):
    """Entmax with learned alpha per head (Correia et al. 2019).

    `weights = ((alpha - 1) z - tau)_+ ** (1 / (alpha - 1))`, with the tau that makes them sum to 1.
    For each head `alpha = 1 + sigmoid(a)` with a learned `a`: towards 1 it is softmax, towards 2 it
    is sparsemax.

    Args:
        initial_alpha: initial alpha of every head, in (1, 2).

    Call arguments:
        scores: `(batch, heads, Tq, Tk)`, or `(batch, Tq, Tk)` without heads.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.
        training: not used.

    Returns:
        The weights, and the decisions `{"alpha": (..., Tq)}`, the same for all queries.

    Raises:
        ValueError: if `initial_alpha` is outside (1, 2).

    Example:
        >>> _, decisions = Entmax(initial_alpha=1.25)(np.ones((1, 2, 3, 4)))
        >>> tuple(decisions["alpha"].shape), round(float(decisions["alpha"][0, 0, 0]), 4)
        ((1, 2, 3), 1.25)

    Reference:
        Correia et al. 2019, Adaptively Sparse Transformers, section 3.
    """

    fixed_sizes = ("heads",)

    def __init__(self, initial_alpha: float = 1.5, **kwargs: Any):
        super().__init__(**kwargs)
        if not 1 < initial_alpha < 2:
            raise ValueError(f"`initial_alpha` must be in (1, 2). Received: initial_alpha={initial_alpha}")
        self.initial_alpha = initial_alpha

    def build(self, scores_shape: tuple) -> None:
        logit = math.log((self.initial_alpha - 1) / (2 - self.initial_alpha))
        self.a = self.add_weight(
            shape=scores_shape[1:-2], initializer=keras.initializers.Constant(logit), name="a"
        )

    def call(
        self, scores: Tensor, mask: Tensor | None = None, training: bool | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        alpha = 1 + ops.sigmoid(ops.cast(self.a, working_dtype(scores.dtype)))
        weights = entmax(scores, ops.expand_dims(alpha, (-2, -1)), mask)
        return weights, {"alpha": ops.broadcast_to(ops.expand_dims(alpha, -1), ops.shape(scores)[:-1])}

    def get_config(self) -> dict:
        return {**super().get_config(), "initial_alpha": self.initial_alpha}

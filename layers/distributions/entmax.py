"""Softmax's relatives that give what hardly matters no weight at all: the entmax family."""

import math
from typing import Any

import keras
from keras import ops

from .distribution import Distribution
from .threshold import below_highest, cut

_SOFTEST = 1e-4  # the least alpha - 1: below it float32 cannot tell entmax from softmax


def sparsemax(scores: Any, mask: Any = None) -> Any:
    """The distribution nearest to the scores (Martins & Astudillo 2016): `(z - tau)_+`.

    A masked key gets exactly 0; a row without any key gets zeros.

    Args:
        scores: `(..., Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.

    Returns:
        Weights of the shape and dtype of `scores`, computed in float32.
    """

    def weigh(scores: Any, t: Any) -> tuple[Any, Any]:
        weights = ops.relu(scores - (t - 1))
        return weights, ops.sign(weights)

    return ops.cast(cut(below_highest(scores, mask), 1.0, weigh), scores.dtype)


def entmax15(scores: Any, mask: Any = None) -> Any:
    """Between softmax and sparsemax (Peters et al. 2019): `(z / 2 - tau)_+ ** 2`.

    Args, returns: as `sparsemax`.
    """

    def weigh(scores: Any, t: Any) -> tuple[Any, Any]:
        roots = ops.relu(scores - (t - 1))
        return roots * roots, roots

    return ops.cast(cut(below_highest(scores, mask) * 0.5, 0.5, weigh), scores.dtype)


def entmax(scores: Any, alpha: Any, mask: Any = None) -> Any:
    """From softmax to sparsemax and all between: `((alpha - 1) z - tau)_+ ** (1 / (alpha - 1))`.

    Alpha 1 is softmax (as near as float32 can tell), 1.5 `entmax15`, 2 `sparsemax`. Both scores and
    alpha get their exact gradient.

    Args:
        scores: `(..., Tk)`.
        alpha: in [1, 2]; a number, or a tensor that broadcasts to `(..., 1)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.

    Returns:
        Weights of the shape and dtype of `scores`, computed in float32.

    Raises:
        ValueError: if `alpha` is a number outside [1, 2].

    Reference:
        Peters et al. 2019, Sparse Sequence-to-Sequence Models, section 3; Correia et al. 2019,
        Adaptively Sparse Transformers, section 3.1 (the gradient of alpha).
    """
    if isinstance(alpha, (int, float)) and not 1 <= alpha <= 2:
        raise ValueError(f"`alpha` must be in [1, 2]. Received: {alpha}")
    shifted = ops.maximum(below_highest(scores, mask), -1e30)  # infinity times the gradient 0 is NaN
    delta = ops.maximum(ops.cast(alpha, shifted.dtype) - 1, _SOFTEST)

    def weigh(scores: Any, t: Any) -> tuple[Any, Any]:
        rise = scores - t
        above = rise > -1
        logs = ops.log1p(ops.where(above, rise, 0))
        weights = ops.where(above, ops.exp(logs / delta), 0)
        return weights, ops.where(above, ops.exp(logs / delta - logs), 0)

    return ops.cast(cut(shifted * delta, delta, weigh), scores.dtype)


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

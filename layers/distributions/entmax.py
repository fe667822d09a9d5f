"""Sparsemax, 1.5-entmax and alpha-entmax (Martins & Astudillo 2016; Peters et al. 2019)."""

from collections.abc import Callable

from keras import ops

from ..functional.precision import at_least_float32
from ..functional.tensor import Tensor
from ..functional.tiling import map_rows

TILE_SIZE = 2**20  # scores of one tile: Newton's method reads its rows many times, best from a cache
_MIN_DELTA = 1e-4  # the least alpha - 1: below it float32 does not distinguish entmax from softmax
_LOWEST = -3.4e38  # near the least float32
_MAX_EXCESS = 1e-5  # by how much the sum of weights may exceed 1 before the last step
_MAX_STEPS = 100  # no tested input takes 30


def sparsemax(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    """Compute sparsemax, `(z - tau)_+`, the projection onto the simplex (Martins & Astudillo 2016).

    A masked key has weight exactly 0; a row of masked keys has zeros.

    Args:
        scores: `(..., Tk)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.

    Returns:
        Weights of the shape and dtype of `scores`, computed in float32.

    Example:
        >>> np.array(sparsemax(np.array([0.5, 0.25, -1.0]))).tolist()
        [0.625, 0.375, 0.0]

    Reference:
        Martins & Astudillo 2016, From Softmax to Sparsemax, section 2.
    """

    return _project(scores, mask, 1.0, _linear, lambda scores, weights: ops.sign(weights))


def entmax15(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    """Compute 1.5-entmax, `(z / 2 - tau)_+ ** 2`, between softmax and sparsemax (Peters et al. 2019).

    A masked key has weight exactly 0; a row of masked keys has zeros.

    Args:
        scores: `(..., Tk)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.

    Returns:
        Weights of the shape and dtype of `scores`, computed in float32.

    Example:
        >>> np.array(entmax15(np.array([0.0, 0.0, -3.0]))).round(4).tolist()
        [0.5, 0.5, 0.0]

    Reference:
        Peters et al. 2019, Sparse Sequence-to-Sequence Models, section 3.
    """

    return _project(scores, mask, 0.5, _squared, lambda scores, weights: _roots(scores, ops.sqrt(weights)))


def entmax(scores: Tensor, alpha: float | Tensor, mask: Tensor | None = None) -> Tensor:
    """Compute alpha-entmax, `((alpha - 1) z - tau)_+ ** (1 / (alpha - 1))` (Peters et al. 2019).

    Alpha 1 is softmax, within the precision of float32, alpha 1.5 is `entmax15`, and alpha 2 is
    `sparsemax`. First and second derivatives in scores and alpha are exact. A masked key has weight
    exactly 0; a row of masked keys has zeros.

    Args:
        scores: `(..., Tk)`.
        alpha: in [1, 2]; a number, or a tensor that broadcasts to `(..., 1)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.

    Returns:
        Weights of the shape and dtype of `scores`, computed in float32.

    Raises:
        ValueError: if `alpha` is a number outside [1, 2].

    Example:
        >>> np.array(entmax(np.array([0.5, 0.25, -1.0]), alpha=2)).round(3).tolist()
        [0.625, 0.375, 0.0]

    Reference:
        Peters et al. 2019, Sparse Sequence-to-Sequence Models, section 3; Correia et al. 2019,
        Adaptively Sparse Transformers, section 3.1 (the gradient of alpha).
    """
    if isinstance(alpha, (int, float)) and not 1 <= alpha <= 2:
        raise ValueError(f"`alpha` must be in [1, 2]. Received: alpha={alpha}")
    # infinity times the gradient 0 is NaN
    shifted = ops.maximum(_subtract_maximum(_masked_scores(scores, mask)), -1e30)
    delta = ops.maximum(ops.cast(alpha, shifted.dtype) - 1, _MIN_DELTA)

    def power(scores: Tensor, tau_plus_1: Tensor) -> tuple[Tensor, Tensor]:
        margin = scores - tau_plus_1
        positive = margin > -1
        logs = ops.log1p(ops.where(positive, margin, 0))  # keeps precision where delta is small
        weights = ops.where(positive, ops.exp(logs / delta), 0)
        return weights, weights / ops.where(positive, 1 + margin, 1)

    return ops.cast(_weights(shifted * delta, delta, power, start=0, order=2), scores.dtype)


def _linear(scores: Tensor, tau: Tensor) -> tuple[Tensor, Tensor]:
    weights = ops.relu(scores - tau)
    return weights, ops.sign(weights)


def _squared(scores: Tensor, tau: Tensor) -> tuple[Tensor, Tensor]:
    roots = ops.relu(scores - tau)
    return roots * roots, roots


def _project(scores: Tensor, mask: Tensor | None, delta: float, weigh: Callable, slopes: Callable) -> Tensor:
    """Compute weights whose gradient is in closed form, so that only the weights are kept for it.

    The Jacobian is `diag(s) - s s^T / sum(s)`, with the slopes `s = weights ** (1 - delta)`.

    Args:
        scores, mask: as in `sparsemax`.
        delta: alpha - 1.
        weigh: as in `_weights`.
        slopes: maps scores and weights to `s`, which is differentiable in the scores.
    """

    def weigh_rows(rows: Tensor) -> Tensor:
        return _weights(_subtract_maximum(rows) * delta, delta, weigh, start=-1, order=1)

    @ops.custom_gradient
    def project(scores: Tensor) -> tuple[Tensor, Callable]:
        weights = map_rows(weigh_rows, scores, TILE_SIZE)

        def gradient(*args: Tensor, upstream: Tensor | None = None) -> Tensor:
            s = slopes(scores, ops.stop_gradient(weights))
            slope = s * (args[-1] if upstream is None else upstream)
            return slope - s * (_row_sum(slope) / _at_least_one(_row_sum(s)))

        return weights, gradient

    return ops.cast(project(_masked_scores(scores, mask)), scores.dtype)


@ops.custom_gradient
def _roots(scores: Tensor, roots: Tensor) -> tuple[Tensor, Callable]:
    """Return the square roots of `entmax15` with their gradient.

    The root `(scores / 2 - tau)_+` is linear within the support, where `d tau / d scores` is
    `roots / sum(roots) / 2`.

    Args:
        scores: `(..., Tk)`.
        roots: of the weights of these scores.
    """

    def gradient(*args: Tensor, upstream: Tensor | None = None) -> tuple[Tensor, Tensor]:
        s = _roots(scores, roots)
        slope = ops.sign(roots) * (args[-1] if upstream is None else upstream) / 2
        return slope - s * (_row_sum(slope) / _at_least_one(_row_sum(s))), ops.zeros_like(roots)

    return roots, gradient


def _masked_scores(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Return the scores in float32 or wider, with a very low score for masked keys.

    Args:
        scores: `(..., Tk)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.
    """
    scores = at_least_float32(scores)
    return scores if mask is None else ops.where(mask, scores, ops.cast(_LOWEST, scores.dtype))


def _subtract_maximum(scores: Tensor) -> Tensor:
    """Subtract the maximum of each row, which changes no weight; very low scores stay very low."""
    highest = ops.max(scores, axis=-1, keepdims=True, initial=_LOWEST / 2)  # above all masked scores
    return scores - ops.stop_gradient(highest)


def _weights(scores: Tensor, delta: float | Tensor, weigh: Callable, start: float, order: int) -> Tensor:
    """Compute weights `(score - tau)_+ ** (1 / delta)` with the threshold tau that makes them sum to 1.

    1. Newton's method finds tau, without a gradient.
    2. More steps are differentiated. At the solution the derivative of the first is that of tau (implicit
       function theorem), and each further step makes the next derivative exact. The Jacobian of the weights
       is `diag(s) - s s^T / sum(s)` over delta, with `s = weights ** (1 - delta)`.

    Args:
        scores: `(..., Tk)`, at most 0; each row has a score of 0, or all its scores are very low.
        delta: in (0, 1]; a number, or a tensor that broadcasts to `(..., 1)`.
        weigh: maps scores and threshold to the weights and their slopes `weights ** (1 - delta)`.
        start: the threshold, as `weigh` takes it, that gives a score of 0 the weight 1.
        order: number of derivatives that are exact.

    Returns:
        Weights like the scores; zeros in a row of very low scores.
    """
    tau = _solve(scores, delta, weigh, start)
    for _ in range(order):
        weights, slopes = weigh(scores, tau)
        tau = tau + delta * (_row_sum(weights) - 1) / ops.stop_gradient(_at_least_one(_row_sum(slopes)))
    return weigh(scores, tau)[0]


def _solve(scores: Tensor, delta: float | Tensor, weigh: Callable, start: float) -> Tensor:
    """Find tau by Newton's method on `sum(weights) ** delta - 1`.

    As a function of tau this norm is convex and decreasing, and it is not negative at the start. The
    steps therefore never pass the solution, for any scores, and a few of them are enough for most.
    """
    scores = ops.stop_gradient(scores)
    delta = ops.stop_gradient(ops.cast(delta, scores.dtype))
    # Compilers fuse the computation of the weights into a product with ones, but not into a sum. The
    # sum in the last step corrects rounded products (TensorFloat-32).
    ones = ops.ones((ops.shape(scores)[-1], 1), scores.dtype)

    def step(tau: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
        weights, slopes = weigh(scores, tau)
        total = ops.matmul(weights, ones)
        half = ops.tanh(delta / 2 * ops.log(ops.maximum(total, 1)))
        excess = total * 2 * half / (1 + half)  # -total * expm1(-delta * log(total)); ONNX has no expm1
        next_tau = tau + excess / _at_least_one(ops.matmul(slopes, ones))
        return next_tau, ops.any(ops.logical_and(total > 1 + _MAX_EXCESS, next_tau > tau))

    first_tau = ops.full((*ops.shape(scores)[:-1], 1), start, scores.dtype)
    state = first_tau, ops.convert_to_tensor(True)
    tau, _ = ops.while_loop(lambda _, unfinished: unfinished, step, state, maximum_iterations=_MAX_STEPS)
    return ops.stop_gradient(tau)


def _at_least_one(slopes: Tensor) -> Tensor:
    """Bound a sum of slopes by 1, to divide by it.

    The slopes of a row sum to at least the sum of its weights, so less than 1 means that all are 0.
    """
    return ops.maximum(slopes, 1)


def _row_sum(weights: Tensor) -> Tensor:
    return ops.sum(weights, axis=-1, keepdims=True)

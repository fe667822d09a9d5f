"""Softmax's relatives that give what hardly matters no weight at all: the entmax family."""

import math
from collections.abc import Callable
from typing import Any

from keras import ops

from ..functional.tiling import is_large
from .categorical import at_least_float32

TILE_SIZE = 2**20  # scores that are searched at a time
_SOFTEST = 1e-4  # the least alpha - 1: below it float32 cannot tell entmax from softmax
_LOWEST = -3.4e38  # near the least float32
_TINY = 1e-37  # near the least float32 above zero: its logarithm is finite
_EXCESS = 1e-5  # by how much weights may exceed 1 before the last step
_MOST_STEPS = 100  # no input is known that takes 30


def sparsemax(scores: Any, mask: Any = None) -> Any:
    """The distribution nearest to the scores (Martins & Astudillo 2016): `(z - tau)_+`.

    A masked key gets exactly 0; a row without any key gets zeros.

    Args:
        scores: `(..., Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.

    Returns:
        Weights of the shape and dtype of `scores`, computed in float32.
    """

    return _project(scores, mask, 1.0, _linear, slopes=ops.sign)


def entmax15(scores: Any, mask: Any = None) -> Any:
    """Between softmax and sparsemax (Peters et al. 2019): `(z / 2 - tau)_+ ** 2`.

    Args, returns: as `sparsemax`.
    """

    return _project(scores, mask, 0.5, _squared, slopes=ops.sqrt)


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
    shifted = ops.maximum(_below_highest(_seen(scores, mask)), -1e30)  # infinity times the gradient 0 is NaN
    delta = ops.maximum(ops.cast(alpha, shifted.dtype) - 1, _SOFTEST)

    def weigh(scores: Any, tau_and_1: Any) -> tuple[Any, Any]:
        rise = scores - tau_and_1
        above = rise > -1
        logs = ops.log1p(ops.where(above, rise, 0))  # nothing is lost where delta is small
        weights = ops.where(above, ops.exp(logs / delta), 0)
        return weights, weights / ops.where(above, 1 + rise, 1)

    return ops.cast(_cut(shifted * delta, delta, weigh, start=0), scores.dtype)


def _linear(scores: Any, tau: Any) -> tuple[Any, Any]:
    weights = ops.relu(scores - tau)
    return weights, ops.sign(weights)


def _squared(scores: Any, tau: Any) -> tuple[Any, Any]:
    roots = ops.relu(scores - tau)
    return roots * roots, roots


def _project(scores: Any, mask: Any, delta: float, weigh: Callable, slopes: Callable) -> Any:
    """Weights with their gradient in closed form: of the weights no more than themselves is kept.

    The Jacobian is `diag(s) - s s^T / sum(s)`, where `s = weights ** (1 - delta)`.

    Args:
        scores, mask: as `sparsemax` takes them.
        delta: alpha - 1.
        weigh: as `_cut` takes it.
        slopes: `s` of the weights.
    """

    def weigh_rows(rows: Any) -> Any:
        return _cut(_below_highest(rows) * delta, delta, weigh, start=-1)

    @ops.custom_gradient
    def project(scores: Any) -> tuple[Any, Callable]:
        weights = _over_rows(weigh_rows, scores)

        def gradient(*args: Any, upstream: Any = None) -> Any:
            s = slopes(weights)
            slope = s * (args[-1] if upstream is None else upstream)
            return slope - s * (_sum(slope) / _at_least_one(_sum(s)))

        return weights, gradient

    return ops.cast(project(_seen(scores, mask)), scores.dtype)


def _over_rows(compute: Callable, scores: Any) -> Any:
    """Calls `compute` for as many rows at a time as a processor's cache holds.

    Newton's method passes over its rows many times: from memory each pass takes several times as long.
    """
    if not is_large(scores.shape, TILE_SIZE):
        return compute(scores)
    *leading, keys = ops.shape(scores)
    rows = math.prod(leading)
    tiles = rows * keys // (TILE_SIZE + 1) + 1
    size = -(-rows // tiles)
    tiled = ops.pad(ops.reshape(scores, (rows, keys)), ((0, tiles * size - rows), (0, 0)))
    weights = ops.map(compute, ops.reshape(tiled, (tiles, size, keys)))
    return ops.reshape(ops.reshape(weights, (tiles * size, keys))[:rows], (*leading, keys))


def _seen(scores: Any, mask: Any) -> Any:
    """Scores in float32 or wider; a masked key is far below.

    Args:
        scores: `(..., Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None.
    """
    scores = at_least_float32(scores)
    return scores if mask is None else ops.where(mask, scores, ops.cast(_LOWEST, scores.dtype))


def _below_highest(scores: Any) -> Any:
    """Scores relative to the highest of their row; those that are far below stay so."""
    highest = ops.max(scores, axis=-1, keepdims=True, initial=_LOWEST / 2)  # above all that is masked
    return scores - ops.stop_gradient(highest)


def _cut(scores: Any, delta: Any, weigh: Callable, start: float) -> Any:
    """Weights `(score - tau)_+ ** (1 / delta)`, with the threshold tau that makes them sum to 1.

    1. tau is sought by Newton's method, which no gradient enters;
    2. one more step is differentiated. At the solution its derivative is that of tau (the implicit
       function theorem), hence exact: the Jacobian is `diag(s) - s s^T / sum(s)` over delta, where
       `s = weights ** (1 - delta)`.

    Args:
        scores: `(..., Tk)`, at most 0, those of one row at least reaching it; or all far below.
        delta: in (0, 1]; a number, or a tensor that broadcasts to `(..., 1)`.
        weigh: turns scores and threshold into the weights and their slopes `weights ** (1 - delta)`.
        start: the threshold, as `weigh` takes it, that gives a score of 0 the weight 1.

    Returns:
        Weights like the scores; zeros where all are far below.
    """
    tau = _solve(scores, delta, weigh, start)
    weights, slopes = weigh(scores, tau)
    tau = tau + delta * (_sum(weights) - 1) / ops.stop_gradient(_at_least_one(_sum(slopes)))
    return weigh(scores, tau)[0]


def _solve(scores: Any, delta: Any, weigh: Callable, start: float) -> Any:
    """Newton's method on the norm `sum(weights) ** delta - 1`.

    As a function of tau the norm is convex and falls, and at the start it is not negative: the steps
    never pass the solution, whatever the scores, and for most of them a handful is enough.
    """
    scores = ops.stop_gradient(scores)
    delta = ops.stop_gradient(ops.cast(delta, scores.dtype))
    # Compilers fuse what makes the weights into a product with ones, but not into a sum. Where
    # products are rounded (TensorFloat-32), the sum in the last step makes up for it.
    ones = ops.ones((ops.shape(scores)[-1], 1), scores.dtype)

    def step(tau: Any, _: Any) -> tuple[Any, Any]:
        weights, slopes = weigh(scores, tau)
        total = ops.matmul(weights, ones)
        excess = -total * ops.expm1(-delta * ops.log(ops.maximum(total, _TINY)))
        further = tau + excess / _at_least_one(ops.matmul(slopes, ones))
        return further, ops.any(ops.logical_and(total > 1 + _EXCESS, further > tau))

    first = ops.full_like(scores[..., :1], start), ops.convert_to_tensor(True)
    tau, _ = ops.while_loop(lambda _, goes_on: goes_on, step, first, maximum_iterations=_MOST_STEPS)
    return ops.stop_gradient(tau)


def _at_least_one(steepness: Any) -> Any:
    """The slopes of a row sum to as much as its weights or more: to less than 1 only if all are 0."""
    return ops.maximum(steepness, 1)


def _sum(weights: Any) -> Any:
    return ops.sum(weights, axis=-1, keepdims=True)

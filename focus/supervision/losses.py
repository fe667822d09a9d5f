"""Losses between attention weights and gold attention, and divergences of attention, in `keras.ops`."""

from collections.abc import Callable

from keras import ops

from ...layers.functional.tensor import Tensor

MIN_WEIGHT = 1e-6  # lower bound of attention weights in logarithms
MIN_PROBABILITY = 1e-30  # the same where p log p -> 0


def attention_losses(
    weights: Tensor, gold: Tensor, divergence: str = "cross_entropy"
) -> tuple[Tensor, Tensor]:
    """Compute the divergence of each row of attention weights from gold attention.

    With `w` the weights and `g` the gold of a row, divided by its sum:

    - `"cross_entropy"`: `-sum g log w` (Liu et al. 2016): every gold key shall receive its proportion;
    - `"kl"`: `sum g log g / w`, the cross-entropy less the entropy of the gold: 0 at the gold;
    - `"mass"`: `-log sum w g / max g`: the weight on any gold keys counts, for gold that gives the
      location but no proportions (boxes, spans).

    Args:
        weights: `(batch, heads, queries, keys)`.
        gold: broadcasts to it, not negative; only the proportions within a row count.
        divergence: one of the three.

    Returns:
        The losses `(batch, heads, queries)` float32, 0 for rows without gold; and the mask of the rows with
        gold, boolean, of the shape of the gold without its keys.

    Raises:
        ValueError: if the divergence is unknown.

    Example:
        >>> losses, mask = attention_losses(np.array([[[[0.25, 0.75], [0.5, 0.5]]]]),
        ...                               np.array([[[[0.0, 1.0], [0.0, 0.0]]]]))
        >>> np.array(losses, float).round(3).tolist(), np.array(mask).tolist()
        ([[[0.288, 0.0]]], [[[True, False]]])

    Reference:
        Liu et al. 2016, Neural Machine Translation with Supervised Attention; Mi et al. 2016,
        Supervised Attentions for Neural Machine Translation.
    """
    check_divergence(divergence)
    weights, gold = ops.cast(weights, "float32"), ops.cast(gold, "float32")
    mask = ops.any(gold > 0, axis=-1)
    losses = DIVERGENCES[divergence](weights, gold)
    return ops.where(mask, losses, 0.0), mask


def check_divergence(divergence: str) -> None:
    """Raise a `ValueError` unless the divergence is one of `DIVERGENCES`."""
    if divergence not in DIVERGENCES:
        raise ValueError(
            f"`divergence` must be one of {list(DIVERGENCES)}. Received: divergence={divergence!r}"
        )


def entropy_loss(weights: Tensor) -> Tensor:
    """Compute the entropy of each row of attention weights, in nats.

    Args:
        weights: `(..., keys)`; a row of zeros has entropy 0.

    Returns:
        `(...)`.
    """
    return -ops.sum(weights * ops.log(ops.maximum(weights, MIN_PROBABILITY)), axis=-1)


def jensen_shannon_loss(first: Tensor, second: Tensor) -> Tensor:
    """Compute the mean Jensen-Shannon divergence of attention weights over heads and queries, in nats.

    Args:
        first: `(..., heads, queries, keys)`, rows that sum to 1 or are zeros.
        second: the same; broadcasts with `first`.

    Returns:
        `(...)`.
    """
    mean = (first + second) / 2
    divergence = entropy_loss(mean) - (entropy_loss(first) + entropy_loss(second)) / 2
    return ops.mean(divergence, axis=(-2, -1))


def _cross_entropy(weights: Tensor, gold: Tensor) -> Tensor:
    return -ops.sum(_normalize(gold) * ops.log(ops.maximum(weights, MIN_WEIGHT)), axis=-1)


def _kl(weights: Tensor, gold: Tensor) -> Tensor:
    return _cross_entropy(weights, gold) - entropy_loss(_normalize(gold))


def _mass(weights: Tensor, gold: Tensor) -> Tensor:
    relative = ops.divide_no_nan(gold, ops.max(gold, axis=-1, keepdims=True))
    return -ops.log(ops.maximum(ops.sum(weights * relative, axis=-1), MIN_WEIGHT))


def _normalize(gold: Tensor) -> Tensor:
    return ops.divide_no_nan(gold, ops.sum(gold, axis=-1, keepdims=True))


DIVERGENCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": _cross_entropy,
    "kl": _kl,
    "mass": _mass,
}
"""Losses of attention weights and gold weights, both `(..., keys)`, by their names."""

"""REINFORCE policy gradient for sampled attention (Williams 1992; Xu et al. 2015)."""

from collections.abc import Mapping, Sequence

from keras import ops

from ..functional.tensor import Tensor


def policy_gradient(
    losses: Tensor,
    decisions: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
    baseline: float | Tensor,
    reward_weight: float = 1.0,
    entropy_weight: float = 0.01,
) -> Tensor:
    """Return the REINFORCE term of each example's loss: value 0, with the policy gradient.

    If the losses depend on sampled keys, the mean gradient of `losses + policy_gradient(...)` is that
    of the expected losses. The term has the gradient

        reward_weight * (loss - baseline) * d log p(keys) - entropy_weight * d entropy

    A custom training loop keeps the baseline, a moving average of earlier losses. Any number that
    does not depend on the keys leaves the mean gradient unchanged; a number near the losses lowers
    the variance.

    Args:
        losses: losses of the examples, `(batch,)`.
        decisions: decisions of a `Reinforce` distribution, with `"log_prob"` and `"entropy"`, each
            `(batch, ..., Tq)`; or a list of such dicts, one for each attention layer.
        baseline: the expected loss, a number or `(batch,)`.
        reward_weight: weight of the log-probability term (lambda_r).
        entropy_weight: weight of the entropy bonus, which keeps the distribution spread (lambda_e).

    Returns:
        Zeros `(batch,)`, with that gradient.

    Raises:
        ValueError: if `decisions` lack a log-probability or an entropy.

    Example:
        >>> decisions = {"log_prob": np.array([[-0.7]]), "entropy": np.array([[0.6]])}
        >>> np.array(policy_gradient(np.array([4.0]), decisions, baseline=1.0)).tolist()
        [0.0]

    Reference:
        Xu et al. 2015, Show, Attend and Tell, section 4.1, the final learning rule.
    """
    losses = ops.convert_to_tensor(losses)
    log_prob, entropy = (_sum_decisions(decisions, name, losses) for name in ("log_prob", "entropy"))
    advantage = ops.stop_gradient(losses - ops.convert_to_tensor(baseline, losses.dtype))
    surrogate = reward_weight * advantage * log_prob - entropy_weight * entropy
    return surrogate - ops.stop_gradient(surrogate)


def sum_per_example(tensor: Tensor) -> Tensor:
    """Sum over all axes but the first: `(batch, ...)` to `(batch,)`."""
    return ops.sum(ops.reshape(tensor, (ops.shape(tensor)[0], -1)), axis=-1)


def _sum_decisions(
    decisions: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]], name: str, losses: Tensor
) -> Tensor:
    """Sum a decision of each example over layers, heads and queries, `(batch,)`."""
    layers = [decisions] if isinstance(decisions, Mapping) else decisions
    for layer in layers:
        if name not in layer:
            raise ValueError(
                f"`decisions` must be those of a `Reinforce` distribution, with {name!r}. "
                f"Received: decisions with {sorted(layer)}"
            )
    return sum(ops.cast(sum_per_example(layer[name]), losses.dtype) for layer in layers)

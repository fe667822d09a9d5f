"""How a choice that was drawn learns from the loss that came of it (Williams 1992; Xu et al. 2015)."""

from typing import Any

from keras import ops


def policy_gradient(
    losses: Any,
    decisions: Any,
    baseline: Any,
    reward_weight: float = 1.0,
    entropy_weight: float = 0.01,
) -> Any:
    """What REINFORCE adds to the loss of each example: nothing to its value, all to its gradient.

    Where the examples' losses depend on keys that were drawn, the mean gradient of
    `losses + policy_gradient(...)` is that of the expected losses: the gradient added is

        reward_weight * (loss - baseline) * d log p(keys) - entropy_weight * d entropy

    A loop of one's own keeps the baseline, a moving average of earlier losses: any number that
    does not depend on the keys leaves the mean as it is, one near the losses lowers the variance.

    Args:
        losses: `(batch,)`, of the examples.
        decisions: of a `Reinforce` distribution, `"log_prob"` and `"entropy"`, each
            `(batch, ..., Tq)`; or a list of such, one of each attention layer.
        baseline: the loss that is expected, a number or `(batch,)`.
        reward_weight: of the keys that were drawn (lambda_r).
        entropy_weight: of the entropy, which keeps the choice open (lambda_e).

    Returns:
        Zeros `(batch,)`, with that gradient.

    Raises:
        ValueError: if decisions lack a log-probability or an entropy.

    Reference:
        Xu et al. 2015, Show, Attend and Tell, section 4.1, the final learning rule.
    """
    losses = ops.convert_to_tensor(losses)
    log_prob, entropy = (_of_examples(decisions, name, losses) for name in ("log_prob", "entropy"))
    advantage = ops.stop_gradient(losses - ops.convert_to_tensor(baseline, losses.dtype))
    added = reward_weight * advantage * log_prob - entropy_weight * entropy
    return added - ops.stop_gradient(added)


def sum_per_example(tensor: Any) -> Any:
    """Over all that belongs to an example: `(batch, ...)` to `(batch,)`."""
    return ops.sum(ops.reshape(tensor, (ops.shape(tensor)[0], -1)), axis=-1)


def _of_examples(decisions: Any, name: str, losses: Any) -> Any:
    """A decision of each example, summed over layers, heads and queries."""
    several = decisions if isinstance(decisions, (list, tuple)) else [decisions]
    for one in several:
        if name not in one:
            raise ValueError(
                f"Expected the decisions of a `Reinforce` distribution, with {name!r}. "
                f"Received: {sorted(one)}"
            )
    return sum(ops.cast(sum_per_example(one[name]), losses.dtype) for one in several)

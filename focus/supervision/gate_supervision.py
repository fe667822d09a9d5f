"""Supervision of the gate by the words that the input does not determine, and a prior on the gate."""

import keras
from keras import ops

from ...layers.functional.tensor import Tensor, TensorTree
from .attention_loss import AttentionLoss

MIN_PROBABILITY = 1e-6  # lower bound in logarithms


def gate_losses(gate: Tensor, gold: Tensor) -> Tensor:
    """Compute the binary cross-entropy of each gate with its gold.

    Args:
        gate: weight of the sentinel, 0 to 1, any shape.
        gold: broadcasts to it: 1 for a word that the input does not determine, which belongs to the
            sentinel; 0 for a word that it determines.

    Returns:
        The losses, float32, in nats.

    Example:
        >>> np.array(gate_losses(np.array([0.25, 0.25]), np.array([0.0, 1.0])), float).round(3).tolist()
        [0.288, 1.386]
    """
    gate = ops.clip(ops.cast(gate, "float32"), MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    gold = ops.cast(gold, "float32")
    return -(gold * ops.log(gate) + (1 - gold) * ops.log(1 - gate))


@keras.saving.register_keras_serializable(package="foveal")
class GateSupervision(AttentionLoss):
    """Gate supervision: adds the cross-entropy of the sentinel gate with gold to the loss of a model.

    The gold says for each query whether its word belongs to the sentinel (1: the input does not determine
    it, as an article) or to the input (0). As with `FocusSupervision` it is an input of the training model
    only. A constant gold is a prior on the gate: `gold=np.ones(...)` with a small weight makes attention
    cost something, so that it is used only where it helps.

    Args:
        weight: of the loss: a number, or a `keras.optimizers.schedules` schedule of the training steps,
            such as `PolynomialDecay(1.0, 2000, 0.0)`, which reduces the supervision step by step.
        heads: indices of the supervised heads; all when None.
        average_heads: whether the mean of these heads is supervised, instead of each head.

    Call arguments:
        outputs: returned unchanged: tensors of any shape.
        gate: `(batch, [heads,] queries)`, `decisions["gate"]` of a layer with a sentinel.
        gold: `(batch, queries)`, 0 to 1.
        query_mask: boolean `(batch, queries)`, true for the queries that have gold; all when None.
        training: whether the step of a schedule advances.

    Returns:
        `outputs`.

    Raises:
        ValueError: if ranks or heads do not match.

    Example:
        >>> from foveal.layers import MultiHeadAttention
        >>> layer = MultiHeadAttention(2, 4, gate="sentinel")
        >>> context, decisions = layer(np.ones((1, 3, 8)), np.ones((1, 5, 8)), return_decisions=True)
        >>> supervision = GateSupervision(weight=0.5)
        >>> _ = supervision(context, decisions["gate"], np.array([[1, 0, 1]]))
        >>> len(supervision.losses)
        1

    Reference:
        Lu et al. 2017, Knowing When to Look, section 2.4 (the gate); Liu et al. 2016, Neural Machine
        Translation with Supervised Attention (for weights, not for gates).
    """

    def call(
        self,
        outputs: TensorTree,
        gate: Tensor,
        gold: Tensor,
        query_mask: Tensor | None = None,
        training: bool | None = None,
    ) -> TensorTree:
        rank = len(gate.shape)
        if rank not in (2, 3):
            raise ValueError(
                f"`gate` must have shape (batch, [heads,] queries). Received: gate.shape={tuple(gate.shape)}"
            )
        gates = gate[:, None, :, None] if rank == 2 else gate[..., None]
        gates = self.select_heads(gates)[..., 0]  # (batch, heads, queries)
        losses = gate_losses(gates, ops.cast(gold, "float32")[:, None])
        mask = ops.ones_like(losses[:, :1], dtype="bool") if query_mask is None else query_mask[:, None]
        self.add_masked_mean(losses, ops.cast(mask, "bool"), training)
        return outputs

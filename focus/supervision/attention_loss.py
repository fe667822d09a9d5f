"""Base layer of attention losses: weight or schedule, selection of heads, masked mean."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from ...layers.functional.tensor import Tensor


class AttentionLoss(keras.layers.Layer):
    """Base layer that returns the outputs of a model unchanged and adds a loss of its attention weights.

    Args:
        weight: of the loss: a number, or a `keras.optimizers.schedules` schedule of the training steps.
        heads: indices of the heads; all when None.
        average_heads: whether the loss is that of the mean of these heads, instead of each head.

    Raises:
        ValueError: if a head is repeated or does not exist, or the weights have another rank.
    """

    def __init__(
        self,
        weight: float | Callable[[Tensor], Tensor] = 1.0,
        heads: Sequence[int] | None = None,
        average_heads: bool = False,
        **kwargs: Any,
    ):
        super().__init__(autocast=False, **kwargs)  # losses are computed in float32
        self.supports_masking = True
        self.weight = weight
        self.heads = None if heads is None else list(heads)
        self.average_heads = average_heads
        if self.heads is not None and (not self.heads or len(set(self.heads)) < len(self.heads)):
            raise ValueError(
                f"`heads` must hold at least one head, and each head once. Received: heads={heads}"
            )

    def build(self, *shapes: tuple | list | dict) -> None:
        self.steps = self.add_weight(
            shape=(), dtype="int32", initializer="zeros", trainable=False, name="steps"
        )

    def select_heads(self, weights: Tensor) -> Tensor:
        """Select the heads of the loss, and average them if `average_heads`.

        Args:
            weights: `(batch, [heads,] queries, keys)`.

        Returns:
            `(batch, heads or 1, queries, keys)` float32.

        Raises:
            ValueError: if the rank is another, or a head does not exist.
        """
        weights = ops.cast(weights, "float32")
        if len(weights.shape) not in (3, 4):
            raise ValueError(
                "`weights` must have shape (batch, [heads,] queries, keys). "
                f"Received: weights.shape={tuple(weights.shape)}"
            )
        weights = weights[:, None] if len(weights.shape) == 3 else weights
        if self.heads is not None:
            if not all(0 <= head < weights.shape[1] for head in self.heads):
                raise ValueError(
                    f"`heads` must be from 0 to {weights.shape[1] - 1}. Received: heads={self.heads}"
                )
            weights = ops.take(weights, ops.convert_to_tensor(self.heads, "int32"), axis=1)
        return ops.mean(weights, axis=1, keepdims=True) if self.average_heads else weights

    def add_masked_mean(self, losses: Tensor, mask: Tensor, training: bool | None) -> None:
        """Add the masked mean of losses, times the weight at the current step.

        Args:
            losses: `(batch, heads, queries)`.
            mask: boolean that broadcasts to it; masked losses are ignored.
            training: whether the step advances.
        """
        mask = ops.broadcast_to(mask, ops.shape(losses))
        total = ops.sum(ops.where(mask, losses, 0.0))
        weight = self.weight(self.steps.value) if callable(self.weight) else self.weight
        self.add_loss(weight * total / ops.maximum(ops.sum(ops.cast(mask, "float32")), 1.0))
        if training:
            self.steps.assign(self.steps.value + 1)

    def get_config(self) -> dict:
        scheduled = callable(self.weight)
        return {
            **super().get_config(),
            "weight": keras.saving.serialize_keras_object(self.weight) if scheduled else self.weight,
            "heads": self.heads,
            "average_heads": self.average_heads,
        }

    @classmethod
    def from_config(cls, config: dict) -> "AttentionLoss":
        weight = config["weight"]
        if isinstance(weight, dict):
            weight = keras.saving.deserialize_keras_object(weight)
        return cls(**{**config, "weight": weight})

"""What every loss of attention shares: its weight, its heads, and which rows count."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


class AttentionLoss(keras.layers.Layer):
    """A layer that passes the outputs of a model on, and adds a loss of attention to the model's own.

    Args:
        weight: of the loss: a number, or a `keras.optimizers.schedules` schedule of the training steps.
        heads: which heads it is of; all when None.
        average_heads: whether it is of the mean of these heads, and not of each alone.

    Raises:
        ValueError: where a head is named twice or does not exist, or the weights are of another rank.
    """

    def __init__(
        self,
        weight: Any = 1.0,
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
            raise ValueError(f"Expected `heads` that are different ones, at least one. Received: {heads}")

    def build(self, *shapes: Any) -> None:
        self.steps = self.add_weight(
            shape=(), dtype="int32", initializer="zeros", trainable=False, name="steps"
        )

    def compute_mask(self, outputs: Any, *_: Any) -> Any:
        """What passes keeps its mask."""
        return keras.tree.map_structure(lambda one: getattr(one, "_keras_mask", None), outputs)

    def chosen(self, weights: Any) -> Any:
        """The weights that the loss is of, float32 `(batch, heads or 1, queries, keys)`."""
        weights = ops.cast(weights, "float32")
        if len(weights.shape) not in (3, 4):
            raise ValueError(
                f"Expected weights of shape (batch, [heads,] queries, keys). Received: {tuple(weights.shape)}"
            )
        weights = weights[:, None] if len(weights.shape) == 3 else weights
        if self.heads is not None:
            if not all(0 <= head < weights.shape[1] for head in self.heads):
                raise ValueError(f"Expected `heads` from 0 to {weights.shape[1] - 1}. Received: {self.heads}")
            weights = ops.take(weights, ops.convert_to_tensor(self.heads, "int32"), axis=1)
        return ops.mean(weights, axis=1, keepdims=True) if self.average_heads else weights

    def add_masked_mean(self, losses: Any, counts: Any, training: bool | None) -> None:
        """Adds the mean of the losses that count, times the weight as it is at this step.

        Args:
            losses: `(batch, heads, queries)`.
            counts: boolean that broadcasts to it; what does not count changes nothing.
            training: whether a step of training is being taken.
        """
        counts = ops.broadcast_to(counts, ops.shape(losses))
        total = ops.sum(ops.where(counts, losses, 0.0))
        weight = self.weight(self.steps.value) if callable(self.weight) else self.weight
        self.add_loss(weight * total / ops.maximum(ops.sum(ops.cast(counts, "float32")), 1.0))
        if training:
            self.steps.assign(self.steps.value + 1)

    def get_config(self) -> dict:
        scheduled = callable(self.weight)
        weight = keras.saving.serialize_keras_object(self.weight) if scheduled else self.weight
        return {**super().get_config(), "weight": weight, "heads": self.heads, "average": self.average_heads}

    @classmethod
    def from_config(cls, config: dict) -> "AttentionLoss":
        weight = config["weight"]
        if isinstance(weight, dict):
            weight = keras.saving.deserialize_keras_object(weight)
        return cls(**{**config, "weight": weight})

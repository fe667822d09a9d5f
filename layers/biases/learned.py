"""Learned bias per head and relative position (Liu et al. 2021; Shaw et al. 2018)."""

from typing import Any

import keras

from ..functional.tensor import Tensor
from .attention_context import AttentionContext
from .bias import Bias, count_heads, gather_by_distance


@keras.saving.register_keras_serializable(package="foveal")
class LearnedBias(Bias):
    """Learned bias per head and relative position (Liu et al. 2021; clipped as in Shaw et al. 2018).

    The bias is `B_h[i - j]` for the query at `i` and the key at `j`. The table ends at `max_distance`
    on each side; all larger distances share its last entry.

    Args:
        max_distance: the largest distance that has an entry of its own.
        initializer: initializer of the table; zeros start without a bias.

    Raises:
        ValueError: if `max_distance` is negative.

    Example:
        >>> from foveal.layers import SelfAttention
        >>> layer = SelfAttention(num_heads=2, key_dim=4, bias=LearnedBias(max_distance=8))
        >>> tuple(layer(np.ones((1, 3, 5))).shape)
        (1, 3, 5)

    Reference:
        Liu et al. 2021, Swin Transformer, section 3.2 (relative position bias); Shaw et al. 2018,
        Self-Attention with Relative Position Representations, section 3.2 (clipping).
    """

    state_keys = ("position",)
    fixed_sizes = ("heads",)

    def __init__(
        self,
        max_distance: int = 128,
        initializer: str | dict | keras.initializers.Initializer = "zeros",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.max_distance = max_distance
        self.initializer = keras.initializers.get(initializer)
        if max_distance < 0:
            raise ValueError(f"`max_distance` must not be negative. Received: max_distance={max_distance}")

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        self.table = self.add_weight(
            shape=(count_heads(query_shape), 2 * self.max_distance + 1),
            initializer=self.initializer,
            autocast=False,
            name="table",
        )

    def compute_bias(self, query: Tensor, key: Tensor, attention_context: AttentionContext) -> Tensor:
        return gather_by_distance(self.table, attention_context.distance)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "max_distance": self.max_distance,
            "initializer": keras.initializers.serialize(self.initializer),
        }

"""Sliding-window mask around each query (Beltagy et al. 2020)."""

from typing import Any

import keras
from keras import ops

from ..functional.tensor import Tensor
from .attention_context import AttentionContext
from .bias import Bias


@keras.saving.register_keras_serializable(package="foveal")
class SlidingWindow(Bias):
    """Sliding-window mask: a query attends to keys near its own position (Beltagy et al. 2020).

    `LocalAttention` computes nothing outside of the window; every other layer masks it.

    Args:
        back: number of positions before its own that a query attends to.
        ahead: number of positions after its own.

    Raises:
        ValueError: if either is negative.

    Example:
        >>> from foveal.layers import SoftAttention
        >>> layer = SoftAttention(bias=SlidingWindow(back=1))
        >>> inputs = np.zeros((1, 3, 2))
        >>> _, weights = layer(inputs, inputs, return_attention_scores=True)
        >>> np.array(weights[0]).tolist()
        [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]

    Reference:
        Beltagy et al. 2020, Longformer: The Long-Document Transformer, section 3.1.
    """

    state_keys = ("position",)

    def __init__(self, back: int = 256, ahead: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.back = back
        self.ahead = ahead
        self.reach = (back, ahead)
        if back < 0 or ahead < 0:
            raise ValueError(f"`back` and `ahead` must not be negative. Received: back={back}, ahead={ahead}")

    def update_mask(self, mask: Tensor | None, attention_context: AttentionContext) -> Tensor | None:
        distance = attention_context.distance
        within_window = ops.logical_and(distance <= self.back, distance >= -self.ahead)
        return within_window if mask is None else ops.logical_and(mask, within_window)

    def get_config(self) -> dict:
        return {**super().get_config(), "back": self.back, "ahead": self.ahead}

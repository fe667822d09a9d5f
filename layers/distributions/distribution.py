"""What every distribution promises."""

from typing import Any

import keras


class Distribution(keras.layers.Layer):
    """What a distribution promises: `distribution(scores, mask, training) -> weights, decisions`.

    Attributes:
        state_keys: what it needs of earlier queries; `"previous"`, the weights of the query before,
            is then a fourth argument.
        is_stochastic: whether it draws random numbers in training.
        is_hard: whether at inference every query looks at one key.
        is_ordered: whether keys come one after the other; a sentinel has no place among such.
    """

    state_keys: tuple[str, ...] = ()
    is_stochastic: bool = False
    is_hard: bool = False
    is_ordered: bool = False

    def __init__(self, **kwargs: Any):
        super().__init__(autocast=False, **kwargs)  # scores may be wider than the layer computes

    def build(self, scores_shape: tuple) -> None:
        """A plain distribution has no weights."""

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        """Weights carry no mask of their own."""

    def get_config(self) -> dict:
        """Written out, as Keras derives it from plain arguments alone and a dtype is none."""
        return super().get_config()

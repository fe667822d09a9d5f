"""Along the diagonal: as far into the memory as into the output (Tachibana et al. 2018)."""

from typing import Any

import keras
from keras import ops

from .attention_context import AttentionContext
from .bias import Bias
from .gaussian import log_gaussian


@keras.saving.register_keras_serializable(package="foveal")
class DiagonalBias(Bias):
    """Two sequences that advance together: guided attention as a bias (Tachibana et al. 2018).

    `-(n / N - t / T)^2 / (2 width^2)` for the query at `t` of `T` and the key at `n` of `N`: the
    logarithm of what the paper multiplies the weights by in its loss. Padding counts in neither:
    `N` is the number of keys that the query may see, `T` that of the queries that see any.

    Where queries come step by step (a cell, a cache, a call with a state) nobody knows `T`. Give
    the `slope` then, the keys per query: `slope * t / N` takes the place of `t / T`, here and
    where all queries come at once, so that training and decoding agree.

    Args:
        width: the standard deviation, as a share of the memory: `g` of the paper.
        slope: keys per query; `N / T` when None.

    Raises:
        ValueError: if `width` or `slope` is not positive, or `slope` is missing where queries come
            step by step.

    Example:
        >>> from foveal.layers import SoftAttention
        >>> layer = SoftAttention(bias="diagonal")
        >>> _, weights = layer(np.zeros((1, 2, 3)), np.zeros((1, 4, 3)), return_attention_scores=True)
        >>> np.array(weights[0]).argmax(-1).tolist()
        [0, 2]

    Reference:
        Tachibana et al. 2018, Efficiently Trainable Text-to-Speech System Based on Deep
        Convolutional Networks with Guided Attention, section 4.1.
    """

    state_keys = ("position",)
    needs_lengths = True

    def __init__(self, width: float = 0.2, slope: float | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.width = width
        self.slope = slope
        if width <= 0 or (slope is not None and slope <= 0):
            raise ValueError(f"`width` and `slope` must be positive. Received: {width}, {slope}")

    def compute_bias(self, query: Any, key: Any, attention_context: AttentionContext) -> Any:
        keys = ops.maximum(attention_context.key_count, 1)
        queries = ops.cast(attention_context.query_positions, "float32")
        if self.slope is not None:
            advance = self.slope * queries / keys
        elif attention_context.query_count is not None:
            advance = queries / ops.maximum(attention_context.query_count, 1)
        else:
            raise ValueError(
                "DiagonalBias cannot know how many queries will come where they come step by step: "
                "expected a `slope`, keys per query. Received: None"
            )
        return log_gaussian(
            ops.cast(attention_context.key_positions, "float32") / keys[..., None] - advance[..., None], self.width
        )

    def get_config(self) -> dict:
        return {**super().get_config(), "width": self.width, "slope": self.slope}

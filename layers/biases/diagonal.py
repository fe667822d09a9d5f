"""Diagonal bias: guided attention for monotonic alignments (Tachibana et al. 2018)."""

from typing import Any

import keras
from keras import ops

from ..functional.precision import working_dtype
from ..functional.tensor import Tensor
from .attention_context import AttentionContext
from .bias import Bias
from .gaussian import log_gaussian


@keras.saving.register_keras_serializable(package="foveal")
class DiagonalBias(Bias):
    """Guided attention as a bias: a Gaussian around the diagonal (Tachibana et al. 2018).

    The bias is `-(n / N - t / T)^2 / (2 width^2)` for the query at `t` of `T` and the key at `n` of
    `N`. It is the logarithm of the factor by which the paper multiplies the weights in its loss.
    Padding counts in neither length: `N` is the number of unmasked keys of the query, and `T` is the
    number of queries with an unmasked key.

    In step-by-step decoding (a cell, a cache, a call with a state) `T` is not available. Set `slope`,
    the keys per query, for that case: `slope * t / N` replaces `t / T`, also where all queries are
    given at once, so that training and decoding agree.

    Args:
        width: standard deviation as a fraction of the memory, `g` of the paper.
        slope: keys per query; `N / T` when None.

    Raises:
        ValueError: if `width` or `slope` is not positive, or `slope` is missing in step-by-step
            decoding.

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
            raise ValueError(f"`width` and `slope` must be positive. Received: width={width}, slope={slope}")

    def compute_bias(self, query: Tensor, key: Tensor, attention_context: AttentionContext) -> Tensor:
        dtype = working_dtype(self.compute_dtype)
        key_count = ops.maximum(ops.cast(attention_context.key_count, dtype), 1)
        positions = ops.cast(attention_context.query_positions, dtype)
        if self.slope is not None:
            progress = self.slope * positions / key_count
        elif attention_context.query_count is not None:
            progress = positions / ops.maximum(ops.cast(attention_context.query_count, dtype), 1)
        else:
            raise ValueError(
                "`slope` of DiagonalBias must be given, in keys per query, for step-by-step decoding, where "
                "the number of queries is not available. Received: slope=None"
            )
        key_progress = ops.cast(attention_context.key_positions, dtype) / ops.expand_dims(key_count, -1)
        return log_gaussian(key_progress - ops.expand_dims(progress, -1), self.width)

    def get_config(self) -> dict:
        return {**super().get_config(), "width": self.width, "slope": self.slope}

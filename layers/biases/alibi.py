"""ALiBi: a linear distance penalty per head (Press et al. 2022)."""

import keras
import numpy as np
from keras import ops

from ..functional.precision import working_dtype
from ..functional.tensor import Tensor
from .attention_context import AttentionContext
from .bias import Bias, count_heads


@keras.saving.register_keras_serializable(package="foveal")
class AlibiBias(Bias):
    """ALiBi: a linear distance penalty with a fixed slope per head (Press et al. 2022).

    The bias is `-m_h |i - j|` for the query at `i` and the key at `j`. With a causal mask `|i - j|`
    is `i - j`, as in the paper; without one both directions have the same penalty. The slopes `m_h`
    are fixed: see `alibi_slopes`. Nothing depends on the lengths in training, so longer inputs work.

    Example:
        >>> from foveal.layers import SoftAttention
        >>> layer = SoftAttention("dot", bias="alibi")
        >>> _, weights = layer(np.zeros((1, 3, 2)), np.zeros((1, 3, 2)), return_attention_scores=True)
        >>> bool(weights[0, 0, 0] > weights[0, 0, 1] > weights[0, 0, 2])
        True

    Reference:
        Press et al. 2022, Train Short, Test Long, section 3.
    """

    state_keys = ("position",)
    fixed_sizes = ("heads",)

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        self.slopes = np.array(alibi_slopes(count_heads(query_shape)))[:, None, None]

    def compute_bias(self, query: Tensor, key: Tensor, attention_context: AttentionContext) -> Tensor:
        dtype = working_dtype(self.compute_dtype)
        return ops.cast(ops.abs(attention_context.distance), dtype) * -ops.convert_to_tensor(
            self.slopes, dtype
        )


def alibi_slopes(num_heads: int) -> list[float]:
    """Return the slope of each head.

    For `n` heads, `n` a power of two, the slopes are `2^(-8/n), 2^(-16/n), ..., 2^-8`. For any other
    number they are those of the next smaller power of two, followed by every second slope of the
    next larger power of two until there is one for each head.

    Example:
        >>> alibi_slopes(2)
        [0.0625, 0.00390625]
    """
    below = 2 ** (num_heads.bit_length() - 1)
    slopes = [2 ** (-8 * (head + 1) / below) for head in range(below)]
    between = [2 ** (-8 * (head + 0.5) / below) for head in range(num_heads - below)]
    return slopes + between

"""Base class of attention biases and its helpers for heads and distance tables."""

from collections.abc import Sequence
from typing import TypeAlias

import keras
from keras import ops

from ..functional.tensor import Tensor
from .attention_context import AttentionContext


class Bias(keras.layers.Layer):
    """Base class of attention biases, with three hooks that do nothing by default.

    1. `transform` changes queries and keys before the score compares them;
    2. `compute_bias` returns a tensor that is added to the scores;
    3. `update_mask` narrows the mask.

    Attributes:
        state_keys: state of earlier queries that the bias needs: `"position"`, `"coverage"`.
        needs_prior: whether it reads `AttentionContext.prior`.
        needs_lengths: whether it reads `AttentionContext.key_count` or `.query_count`.
        reach: number of positions back and ahead that its mask leaves to a query; None for all.
        fixed_sizes: sizes that the weights depend on, `"heads"`, `"query_dim"` or `"key_dim"`; layers that
            share the bias must have the same.

    Example:
        >>> class FirstKeyBias(Bias):
        ...     def compute_bias(self, query, key, attention_context):
        ...         return keras.ops.cast(attention_context.key_positions == 0, "float32") * 2
        >>> from foveal.layers import SoftAttention
        >>> layer = SoftAttention(bias=FirstKeyBias())
        >>> inputs = np.zeros((1, 2, 3))
        >>> _, weights = layer(inputs, inputs, return_attention_scores=True)
        >>> [round(float(weight), 2) for weight in weights[0, 0]]
        [0.88, 0.12]
    """

    state_keys: tuple[str, ...] = ()
    needs_prior: bool = False
    needs_lengths: bool = False
    reach: tuple[int | None, int | None] = (None, None)
    fixed_sizes: tuple[str, ...] = ()

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        """Create the weights, none by default. Shapes are `(batch, [heads,] T, dim)`."""

    def transform(self, inputs: Tensor, positions: Tensor) -> Tensor:
        """Return queries or keys `(..., T, dim)` as the score compares them."""
        return inputs

    def update_mask(self, mask: Tensor | None, attention_context: AttentionContext) -> Tensor | None:
        """Return the narrowed mask; None masks nothing."""
        return mask

    def compute_bias(self, query: Tensor, key: Tensor, attention_context: AttentionContext) -> Tensor | None:
        """Return the bias, which broadcasts to `(..., Tq, Tk)`; None adds nothing."""
        return None

    def get_config(self) -> dict:
        """Return the config.

        It is written out because Keras derives a config only from arguments of basic types, and a
        dtype policy is none of them.
        """
        return super().get_config()


BiasLike: TypeAlias = str | dict | Bias | Sequence[str | dict | Bias]  # names, configs or instances


def count_heads(query_shape: tuple) -> int:
    """Return the number of heads of queries `(batch, [heads,] Tq, dim)`."""
    return query_shape[1] if len(query_shape) == 4 else 1


def gather_by_distance(table: Tensor, distance: Tensor) -> Tensor:
    """Gather table entries by distance; larger distances take the entry at the end.

    Args:
        table: `(heads, 2 * max_distance + 1)`, for distances from `-max_distance` to
            `max_distance`.
        distance: int `(..., [1,] Tq, Tk)`.

    Returns:
        A tensor that broadcasts to `(..., [heads,] Tq, Tk)`.
    """
    heads, size = table.shape
    max_distance = size // 2
    column = ops.clip(ops.cast(distance, "int32"), -max_distance, max_distance) + max_distance
    row = ops.arange(heads, dtype="int32")[:, None, None]
    return ops.take(ops.reshape(table, (-1,)), row * size + column, axis=0)

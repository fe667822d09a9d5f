"""Location score (Luong et al. 2015)."""

from typing import Any

import keras
from keras import ops

from ..functional.tensor import Tensor
from .score import Score, make_projection


@keras.saving.register_keras_serializable(package="foveal")
class Location(Score):
    """Location score of the query alone: key `j` scores `W_j . q` (Luong et al. 2015).

    The score depends on the position of a key and not on its content. `W` has `max_length` rows, so
    more keys are an error, a case that the paper does not treat. Masked keys change nothing.
    Positions in a cache count from its start, so a cache has at most `max_length` positions.
    Padding at the front of a memory shifts every key to another position. The weights serve all
    heads.

    Args:
        max_length: number of positions that have a score.
        kernel_initializer: initializer of `W`.

    Call arguments:
        query: `(..., Tq, dim)`.
        key: `(..., Tk, key_dim)`, Tk at most `max_length`.

    Returns:
        Scores `(..., Tq, Tk)`.

    Raises:
        ValueError: if `max_length` is less than 1, there are more keys than positions, or the score
            is combined with a gate, whose sentinel has no position.

    Example:
        >>> tuple(Location(max_length=9)(np.ones((1, 3, 4)), np.ones((1, 5, 2))).shape)
        (1, 3, 5)

    Reference:
        Luong et al. 2015, Effective Approaches to Attention-based NMT, section 3.1.
    """

    fixed_sizes = ("query_dim",)

    def __init__(
        self,
        max_length: int = 512,
        kernel_initializer: str | dict | keras.initializers.Initializer = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.max_length = max_length
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        if max_length < 1:
            raise ValueError(f"`max_length` must be at least 1. Received: max_length={max_length}")

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        self.query_dense = make_projection(self, self.max_length, "query", query_shape)

    def compute_scores(self, query: Tensor, key: Tensor) -> Tensor:
        length = key.shape[-2]
        if length is not None and length > self.max_length:
            raise ValueError(
                f"`key` must have at most `max_length`={self.max_length} positions. Received: {length}"
            )
        return self.query_dense(query)[..., : ops.shape(key)[-2]]

    def score_pairs(self, query: Tensor, key: Tensor) -> Tensor:
        raise ValueError(
            "`score` must compare the content of keys when there is a gate: the sentinel has no position. "
            f"Received: score={self}"
        )

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "max_length": self.max_length,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

"""Relevance of a place, whatever stands there."""

from typing import Any

import keras
from keras import ops

from .score import Score, dense


@keras.saving.register_keras_serializable(package="foveal")
class Location(Score):
    """The query alone says where to look: key `j` scores `W_j . q` (Luong 2015).

    The score belongs to the place of a key, not to what it holds, and only as many places have one
    as `W` has rows: more keys are an error (the paper overlooks them). Masked keys change nothing.
    In a cache places count from its start, so the longest cache is `max_length` long; a memory padded
    at its front moves every key to another place. The weights serve all heads.

    Args:
        max_length: how many places have a score.
        kernel_initializer: of `W`.

    Call arguments:
        query: `(..., Tq, dim)`.
        key: `(..., Tk, key_dim)`, Tk at most `max_length`.

    Returns:
        Scores `(..., Tq, Tk)`.

    Raises:
        ValueError: if there are more keys than places, or a key is to be scored that has no place:
            a sentinel.

    Example:
        >>> tuple(Location(max_length=9)(np.ones((1, 3, 4)), np.ones((1, 5, 2))).shape)
        (1, 3, 5)

    Reference:
        Luong et al. 2015, Effective Approaches to Attention-based NMT, section 3.1.
    """

    def __init__(self, max_length: int = 512, kernel_initializer: Any = "glorot_uniform", **kwargs: Any):
        super().__init__(**kwargs)
        self.max_length = max_length
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        if max_length < 1:
            raise ValueError(f"`max_length` must be at least 1. Received: {max_length}")

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        self.query_dense = dense(self, self.max_length, "query", query_shape)

    def compute_scores(self, query: Any, key: Any) -> Any:
        keys = key.shape[-2]
        if keys is not None and keys > self.max_length:
            raise ValueError(f"Expected at most `max_length`, {self.max_length}, keys. Received: {keys}")
        return self.query_dense(query)[..., : ops.shape(key)[-2]]

    def score_pairs(self, query: Any, key: Any) -> Any:
        raise ValueError(
            "A location score knows keys by their place, and a sentinel has none: with a gate expected "
            f"another score. Received: {self}"
        )

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "max_length": self.max_length,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

"""Cosine score with a learned key strength (Graves et al. 2014)."""

import math
from typing import Any

import keras
from keras import ops

from ..functional.precision import at_least_float32
from ..functional.tensor import Tensor
from .score import Score, check_same_dim

_MIN_SQUARE = 1e-12  # squared norm below which a vector has no direction


@keras.saving.register_keras_serializable(package="foveal")
class Cosine(Score):
    """Cosine score: `beta q . k / (|q| |k|)` (Graves et al. 2014).

    The norms of queries and keys do not change the score. The key strength `beta` sets how sharp the
    attention is. It is learned, positive and shared by all heads.

    Args:
        beta: initial key strength. `Cosine(8.0, trainable=False)` keeps it fixed.

    Call arguments:
        query: `(..., Tq, dim)`.
        key: `(..., Tk, dim)`.

    Returns:
        Scores `(..., Tq, Tk)`, from `-beta` to `beta`.

    Raises:
        ValueError: if `beta` is not positive, or query and key differ in width.

    Example:
        >>> score = Cosine(beta=2.0)
        >>> np.array(score(np.array([[[3.0, 0.0]]]), np.array([[[5.0, 0.0], [0.0, 1.0]]]))).round(4).tolist()
        [[[2.0, 0.0]]]

    Reference:
        Graves et al. 2014, Neural Turing Machines, section 3.3.1.
    """

    def __init__(self, beta: float = 10.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.beta = beta
        if beta <= 0:
            raise ValueError(f"`beta` must be positive. Received: beta={beta}")

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        check_same_dim(query_shape, key_shape)
        self.log_beta = self.add_weight(  # the logarithm keeps beta positive at every training step
            shape=(),
            initializer=keras.initializers.Constant(math.log(self.beta)),
            autocast=False,
            name="log_beta",
        )

    def project_key(self, key: Tensor) -> Tensor:
        return _normalize(key)

    def compute_scores(self, query: Tensor, key: Tensor) -> Tensor:
        return ops.matmul(self._scale_query(query), ops.swapaxes(key, -1, -2))

    def score_pairs(self, query: Tensor, key: Tensor) -> Tensor:
        return ops.sum(self._scale_query(query) * key, axis=-1)

    def get_config(self) -> dict:
        return {**super().get_config(), "beta": self.beta}

    def _scale_query(self, query: Tensor) -> Tensor:
        return _normalize(query) * ops.cast(ops.exp(self.log_beta), query.dtype)


def _normalize(vectors: Tensor) -> Tensor:
    """Scale vectors to norm 1; vectors of almost no norm stay near zero."""
    dtype = keras.backend.standardize_dtype(vectors.dtype)
    # squares of float16 numbers overflow
    vectors = at_least_float32(vectors)
    square = ops.sum(vectors * vectors, axis=-1, keepdims=True)
    return ops.cast(vectors * ops.rsqrt(ops.maximum(square, _MIN_SQUARE)), dtype)

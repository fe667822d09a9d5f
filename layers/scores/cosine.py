"""Relevance as direction alone."""

import math
from typing import Any

import keras
from keras import ops

from .score import Score, check_same_dim

_LEAST = 1e-12  # square of the length below which a vector has no direction


@keras.saving.register_keras_serializable(package="foveal")
class Cosine(Score):
    """How well query and key agree in direction: `beta q . k / (|q| |k|)` (Graves 2014).

    Length counts for nothing, so no key can draw attention by being long; `beta`, the key strength,
    says how sharply to look. It is positive and serves all heads.

    Args:
        beta: the key strength to begin with. `Cosine(8.0, trainable=False)` keeps it.

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
            raise ValueError(f"`beta` must be positive. Received: {beta}")

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        check_same_dim(query_shape, key_shape)
        self.log_beta = self.add_weight(  # its logarithm, so that no step makes it negative
            shape=(),
            initializer=keras.initializers.Constant(math.log(self.beta)),
            autocast=False,
            name="log_beta",
        )

    def project_key(self, key: Any) -> Any:
        return _direction(key)

    def compute_scores(self, query: Any, key: Any) -> Any:
        return ops.matmul(self._sharp(query), ops.swapaxes(key, -1, -2))

    def score_pairs(self, query: Any, key: Any) -> Any:
        return ops.sum(self._sharp(query) * key, axis=-1)

    def get_config(self) -> dict:
        return {**super().get_config(), "beta": self.beta}

    def _sharp(self, query: Any) -> Any:
        return _direction(query) * ops.cast(ops.exp(self.log_beta), query.dtype)


def _direction(vectors: Any) -> Any:
    """The vectors, each of length 1; those too short to have a direction nearly zero."""
    dtype = keras.backend.standardize_dtype(vectors.dtype)
    wide = ops.cast(vectors, keras.backend.result_type(dtype, "float32"))  # squares leave float16
    square = ops.sum(wide * wide, axis=-1, keepdims=True)
    return ops.cast(wide * ops.rsqrt(ops.maximum(square, _LEAST)), dtype)

"""Dot-product score (Luong et al. 2015) and scaled dot-product score (Vaswani et al. 2017)."""

import math

import keras
from keras import ops

from ..functional.tensor import Tensor
from .score import Score, check_same_dim


@keras.saving.register_keras_serializable(package="foveal")
class Dot(Score):
    """Dot-product score: `q . k` (Luong et al. 2015).

    Call arguments:
        query: `(..., Tq, dim)`.
        key: `(..., Tk, dim)`.

    Returns:
        Scores `(..., Tq, Tk)`.

    Raises:
        ValueError: if query and key differ in width.

    Example:
        >>> scores = Dot()(np.array([[[1.0, 2.0]]]), np.array([[[3.0, 4.0], [0.0, 1.0]]]))
        >>> np.array(scores).tolist()
        [[[11.0, 2.0]]]

    Reference:
        Luong et al. 2015, Effective Approaches to Attention-based NMT, section 3.1.
    """

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        check_same_dim(query_shape, key_shape)

    def compute_scores(self, query: Tensor, key: Tensor) -> Tensor:
        return ops.matmul(query, ops.swapaxes(key, -1, -2))

    def score_pairs(self, query: Tensor, key: Tensor) -> Tensor:
        return ops.sum(query * key, axis=-1)


@keras.saving.register_keras_serializable(package="foveal")
class ScaledDot(Dot):
    """Scaled dot-product score: `q . k / sqrt(dim)` (Vaswani et al. 2017).

    The scale keeps softmax out of the region where its gradient vanishes. It is applied to the keys, once for
    all queries that a cache serves.

    Call arguments:
        query: `(..., Tq, dim)`.
        key: `(..., Tk, dim)`.

    Returns:
        Scores `(..., Tq, Tk)`.

    Raises:
        ValueError: if query and key differ in width.

    Example:
        >>> np.array(ScaledDot()(np.ones((1, 1, 4)), np.ones((1, 1, 4)))).tolist()
        [[[2.0]]]

    Reference:
        Vaswani et al. 2017, Attention Is All You Need, section 3.2.1.
    """

    def project_key(self, key: Tensor) -> Tensor:
        return key * (1.0 / math.sqrt(key.shape[-1]))

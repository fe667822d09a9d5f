"""General (bilinear) score (Luong et al. 2015)."""

from typing import Any

import keras
from keras import ops

from ..functional.tensor import Tensor
from .score import Score, make_projection


@keras.saving.register_keras_serializable(package="foveal")
class General(Score):
    """General score, a bilinear form: `q . W k` (Luong et al. 2015).

    Query and key may differ in width. One kernel serves all heads, because each head already has
    projections of its own.

    Args:
        kernel_initializer: initializer of `W`.

    Call arguments:
        query: `(..., Tq, dim)`.
        key: `(..., Tk, key_dim)`.

    Returns:
        Scores `(..., Tq, Tk)`.

    Example:
        >>> tuple(General()(np.ones((1, 3, 4)), np.ones((1, 5, 2))).shape)
        (1, 3, 5)

    Reference:
        Luong et al. 2015, Effective Approaches to Attention-based NMT, section 3.1.
    """

    fixed_sizes = ("query_dim", "key_dim")

    def __init__(
        self,
        kernel_initializer: str | dict | keras.initializers.Initializer = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        self.key_dense = make_projection(self, query_shape[-1], "key", key_shape)

    def project_key(self, key: Tensor) -> Tensor:
        return self.key_dense(key)

    def compute_scores(self, query: Tensor, key: Tensor) -> Tensor:
        return ops.matmul(query, ops.swapaxes(key, -1, -2))

    def score_pairs(self, query: Tensor, key: Tensor) -> Tensor:
        return ops.sum(ops.multiply(query, key), axis=-1)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

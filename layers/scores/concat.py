"""Concat score (Luong et al. 2015)."""

import keras
from keras import ops

from ..functional.tensor import Tensor
from .feed_forward import FeedForwardScore


@keras.saving.register_keras_serializable(package="foveal")
class Concat(FeedForwardScore):
    """Concat score: `v . tanh(W [q; k])` (Luong et al. 2015).

    `W [q; k]` equals `W_q q + W_k k`, so the scores are those of `Additive` with both kernels in
    one, which is initialized and regularized as one. The weights serve all heads.

    Args:
        units: width of the hidden layer; the width of the query when None.
        kernel_initializer: initializer of `W` and `v`.

    Call arguments:
        query: `(..., Tq, dim)`.
        key: `(..., Tk, key_dim)`.

    Returns:
        Scores `(..., Tq, Tk)`.

    Example:
        >>> tuple(Concat()(np.ones((1, 3, 4)), np.ones((1, 5, 2))).shape)
        (1, 3, 5)

    Reference:
        Luong et al. 2015, Effective Approaches to Attention-based NMT, section 3.1.
    """

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        self.query_dim = query_shape[-1]
        units = self.projected_dim(self.query_dim)
        self.kernel = self.add_weight(
            shape=(self.query_dim + key_shape[-1], units),
            initializer=self.kernel_initializer.clone(),
            name="kernel",
        )
        self.v = self.add_weight(shape=(units, 1), initializer=self.kernel_initializer.clone(), name="v")

    def project_query(self, query: Tensor) -> Tensor:
        return self._multiply(query, self.kernel[: self.query_dim])

    def project_key(self, key: Tensor) -> Tensor:
        return self._multiply(key, self.kernel[self.query_dim :])

    def _multiply(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        inputs, kernel = (ops.cast(x, self.compute_dtype) for x in (inputs, kernel))
        return ops.matmul(inputs, kernel)

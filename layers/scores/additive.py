"""Additive score (Bahdanau et al. 2015)."""

import keras

from ..functional.tensor import Tensor
from .feed_forward import FeedForwardScore
from .score import make_projection


@keras.saving.register_keras_serializable(package="foveal")
class Additive(FeedForwardScore):
    """Additive score: `v . tanh(W_q q + W_k k)` (Bahdanau et al. 2015).

    Query and key may differ in width. The weights serve all heads. Long sequences are scored in
    tiles: see `energy`.

    Args:
        units: width of the hidden layer; the width of the query when None.
        kernel_initializer: initializer of `W_q`, `W_k` and `v`.

    Call arguments:
        query: `(..., Tq, dim)`.
        key: `(..., Tk, key_dim)`.

    Returns:
        Scores `(..., Tq, Tk)`.

    Example:
        >>> tuple(Additive(units=7)(np.ones((1, 3, 4)), np.ones((1, 5, 2))).shape)
        (1, 3, 5)

    Reference:
        Bahdanau et al. 2015, Neural Machine Translation by Jointly Learning to Align and
        Translate, appendix A.1.2.
    """

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        units = self.projected_dim(query_shape[-1])
        self.query_dense = make_projection(self, units, "query", query_shape)
        self.key_dense = make_projection(self, units, "key", key_shape)
        self.v = self.add_weight(shape=(units, 1), initializer=self.kernel_initializer.clone(), name="v")

    def project_query(self, query: Tensor) -> Tensor:
        return self.query_dense(query)

    def project_key(self, key: Tensor) -> Tensor:
        return self.key_dense(key)

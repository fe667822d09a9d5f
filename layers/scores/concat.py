"""Relevance as a small network finds it in query and key side by side."""

from typing import Any

import keras
from keras import ops

from .energy import energy, energy_of_pairs
from .score import Score


@keras.saving.register_keras_serializable(package="foveal")
class Concat(Score):
    """A small network reads query and key side by side: `v . tanh(W [q; k])` (Luong 2015).

    `W [q; k]` is `W_q q + W_k k`, so the scores are those of `Additive` with the two kernels in
    one: drawn and regularized as one. The weights serve all heads.

    Args:
        units: width of the hidden layer; the width of the query when None.
        kernel_initializer: of `W` and `v`.

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

    def __init__(
        self,
        units: int | None = None,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        self.query_width = query_shape[-1]
        units = self.projected_dim(self.query_width)
        self.kernel = self.add_weight(
            shape=(self.query_width + key_shape[-1], units),
            initializer=self.kernel_initializer.clone(),
            name="kernel",
        )
        self.v = self.add_weight(shape=(units, 1), initializer=self.kernel_initializer.clone(), name="v")

    def project_key(self, key: Any) -> Any:
        return self._times(key, self.kernel[self.query_width :])

    def projected_dim(self, query_dim: int) -> int:
        return self.units or query_dim

    def compute_scores(self, query: Any, key: Any) -> Any:
        return energy(self._times(query, self.kernel[: self.query_width]), key, self.v)

    def score_pairs(self, query: Any, key: Any) -> Any:
        return energy_of_pairs(self._times(query, self.kernel[: self.query_width]), key, self.v)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

    def _times(self, inputs: Any, kernel: Any) -> Any:
        inputs, kernel = (ops.cast(x, self.compute_dtype) for x in (inputs, kernel))
        return ops.matmul(inputs, kernel)

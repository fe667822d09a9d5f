"""Relevance as a small network finds it."""

from typing import Any

import keras

from .energy import energy, energy_of_pairs
from .score import Score, dense


@keras.saving.register_keras_serializable(package="foveal")
class Additive(Score):
    """A small network compares query and key: `v . tanh(W_q q + W_k k)` (Bahdanau 2015).

    The weights serve all heads. Long sequences are scored in tiles: see `energy`.

    Args:
        units: width of the hidden layer; the width of the query when None.
        kernel_initializer: of `W_q`, `W_k` and `v`.

    Call arguments:
        query: `(..., Tq, dim)`.
        key: `(..., Tk, key_dim)`.

    Returns:
        Scores `(..., Tq, Tk)`.

    Reference:
        Bahdanau et al. 2015, Neural Machine Translation by Jointly Learning to Align and
        Translate, appendix A.1.2.
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
        units = self.projected_dim(query_shape[-1])
        self.query_dense = dense(self, units, "query", query_shape)
        self.key_dense = dense(self, units, "key", key_shape)
        self.v = self.add_weight(shape=(units, 1), initializer=self.kernel_initializer.clone(), name="v")

    def project_key(self, key: Any) -> Any:
        return self.key_dense(key)

    def projected_dim(self, query_dim: int) -> int:
        return self.units or query_dim

    def compute_scores(self, query: Any, key: Any) -> Any:
        return energy(self.query_dense(query), key, self.v)

    def score_pairs(self, query: Any, key: Any) -> Any:
        return energy_of_pairs(self.query_dense(query), key, self.v)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

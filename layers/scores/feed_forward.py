"""Base class of scores with one hidden layer, shared by additive and concat attention."""

from typing import Any

import keras

from ..functional.tensor import Tensor
from .energy import energy, energy_of_pairs
from .score import Score


class FeedForwardScore(Score):
    """Base class of scores with one hidden layer: `v . tanh(projected query + projected key)`.

    Subclasses create `v`, of shape `(units, 1)`, in `build`, and implement `project_query` and
    `project_key`. The weights serve all heads. Long sequences are scored in tiles: see `energy`.

    Args:
        units: width of the hidden layer; the width of the query when None.
        kernel_initializer: initializer of the kernels and of `v`.
    """

    fixed_sizes = ("query_dim", "key_dim")
    v: Tensor

    def __init__(
        self,
        units: int | None = None,
        kernel_initializer: str | dict | keras.initializers.Initializer = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def project_query(self, query: Tensor) -> Tensor:
        """Return the projected queries `(..., Tq, units)`."""
        raise NotImplementedError

    def projected_dim(self, query_dim: int) -> int:
        return self.units or query_dim

    def compute_scores(self, query: Tensor, key: Tensor) -> Tensor:
        return energy(self.project_query(query), key, self.v)

    def score_pairs(self, query: Tensor, key: Tensor) -> Tensor:
        return energy_of_pairs(self.project_query(query), key, self.v)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

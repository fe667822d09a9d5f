"""Base class of score functions and the projection that they share."""

from typing import Any, TypeAlias

import keras

from ..functional.output_spec import traced_output_spec
from ..functional.tensor import Tensor, TensorTree


class Score(keras.layers.Layer):
    """Base class of score functions, with projected keys that a cache can hold.

    `score(query, key)` equals `score.compute_scores(query, score.project_key(key))`. Subclasses
    implement `compute_scores`, and `score_pairs` if they are used with a gate. Their weights, if any,
    serve all heads.

    Call arguments:
        query: `(..., Tq, dim)`.
        key: `(..., Tk, key_dim)`.

    Returns:
        Scores `(..., Tq, Tk)`.

    Attributes:
        fixed_sizes: sizes that the weights depend on, `"query_dim"` or `"key_dim"`; layers that share the
            score must have the same.

    Example:
        >>> class NegativeDistance(Score):
        ...     def compute_scores(self, query, key):
        ...         return -keras.ops.norm(query[..., :, None, :] - key[..., None, :, :], axis=-1)
        >>> scores = NegativeDistance()(np.zeros((1, 1, 2)), np.array([[[3.0, 4.0], [0.0, 1.0]]]))
        >>> np.array(scores).tolist()
        [[[-5.0, -1.0]]]
    """

    fixed_sizes: tuple[str, ...] = ()

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        """Create the weights, none by default."""

    def project_key(self, key: Tensor) -> Tensor:
        """Return the projected keys `(..., Tk, projected_dim)`, which do not depend on the queries."""
        return key

    def projected_dim(self, query_dim: int) -> int:
        """Return the width of a projected key."""
        return query_dim

    def compute_scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Score every query against every projected key, `(..., Tq, Tk)`."""
        raise NotImplementedError

    def score_pairs(self, query: Tensor, key: Tensor) -> Tensor:
        """Score each query against one projected key of its own.

        Args:
            query: `(..., Tq, dim)`.
            key: `(..., Tq, projected_dim)`.

        Returns:
            Scores `(..., Tq)`.
        """
        raise NotImplementedError

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None) -> None:
        """Return None: the scores have no Keras mask."""

    def call(self, query: Tensor, key: Tensor) -> Tensor:
        return self.compute_scores(query, self.project_key(key))

    def compute_output_shape(self, query_shape: tuple, key_shape: tuple) -> tuple:
        return (*query_shape[:-1], key_shape[-2])

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> TensorTree:
        return traced_output_spec(self, *args, **kwargs)

    def get_config(self) -> dict:
        """Return the config.

        It is written out because Keras derives a config only from arguments of basic types, and a
        dtype policy is none of them.
        """
        return super().get_config()


ScoreLike: TypeAlias = str | dict | Score  # a name, a config or an instance


def check_same_dim(query_shape: tuple, key_shape: tuple) -> None:
    """Raise a `ValueError` unless query and key have the same width, as a dot product needs."""
    if query_shape[-1] != key_shape[-1]:
        raise ValueError(
            "`query` and `key` must have the same width for a dot product (the scores 'general' and "
            f"'additive' take any width). Received: query of shape {tuple(query_shape)}, key of shape "
            f"{tuple(key_shape)}"
        )


def make_projection(score: Score, units: int, name: str, shape: tuple) -> keras.layers.Dense:
    """Build a `Dense` layer without bias, with the kernel initializer and dtype policy of a score."""
    layer = keras.layers.Dense(
        units,
        use_bias=False,
        kernel_initializer=score.kernel_initializer.clone(),
        dtype=score.dtype_policy,
        name=name,
    )
    layer.build(shape)
    return layer

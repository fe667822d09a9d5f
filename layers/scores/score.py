"""What every score promises."""

from typing import Any

import keras


class Score(keras.layers.Layer):
    """What a score promises, so that the keys of a fixed memory are prepared only once.

    `score(query, key)` is `score.compute_scores(query, score.project_key(key))`, `(..., Tq, Tk)`;
    `score.score_pairs(query, projected)` scores each query with one key of its own, `(..., Tq)`. Its
    weights, where it has any, serve all heads.
    """

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        """A plain score has no weights."""

    def project_key(self, key: Any) -> Any:
        """The part of the work that depends on the keys alone."""
        return key

    def projected_dim(self, query_dim: int) -> int:
        """How wide a projected key is."""
        return query_dim

    def compute_scores(self, query: Any, key: Any) -> Any:
        raise NotImplementedError

    def score_pairs(self, query: Any, key: Any) -> Any:
        raise NotImplementedError

    def call(self, query: Any, key: Any) -> Any:
        return self.compute_scores(query, self.project_key(key))

    def get_config(self) -> dict:
        """Written out, as Keras derives it from plain arguments alone and a dtype is none."""
        return super().get_config()


def check_same_dim(query_shape: tuple, key_shape: tuple) -> None:
    """Raises a `ValueError` where query and key have no dot product."""
    if query_shape[-1] != key_shape[-1]:
        raise ValueError(
            "A dot product takes queries and keys of the same width ('general' and 'additive' scores take "
            f"any). Received shapes: {tuple(query_shape)}, {tuple(key_shape)}"
        )


def dense(score: Score, units: int, name: str, shape: tuple) -> keras.layers.Dense:
    """A projection without a bias, built, with the initializer of a score."""
    layer = keras.layers.Dense(
        units,
        use_bias=False,
        kernel_initializer=score.kernel_initializer.clone(),
        dtype=score.dtype_policy,
        name=name,
    )
    layer.build(shape)
    return layer

"""How relevant is each key to each query: the score slot."""

import math
from typing import Any

import keras
from keras import ops

from . import slots


class Score(keras.layers.Layer):
    """What a score promises, so that the keys of a fixed memory are prepared only once.

    `score(query, key)` is `score.compare(query, score.project(key))`, `(..., Tq, Tk)`;
    `score.pair(query, projected)` scores each query with one key of its own, `(..., Tq)`.
    """

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        """A plain score has no weights."""

    def project(self, key: Any) -> Any:
        """The part of the work that depends on the keys alone."""
        return key

    def width(self, query_width: int) -> int:
        """How wide a projected key is."""
        return query_width

    def compare(self, query: Any, key: Any) -> Any:
        raise NotImplementedError

    def pair(self, query: Any, key: Any) -> Any:
        raise NotImplementedError

    def call(self, query: Any, key: Any) -> Any:
        return self.compare(query, self.project(key))

    def get_config(self) -> dict:
        """Written out, as Keras derives it from plain arguments alone and a dtype is none."""
        return super().get_config()


@keras.saving.register_keras_serializable(package="foveal")
class Dot(Score):
    """The dot product of query and key (Luong 2015).

    Call arguments:
        query: `(..., Tq, dim)`.
        key: `(..., Tk, dim)`.

    Returns:
        Scores `(..., Tq, Tk)`.

    Reference:
        Luong et al. 2015, Effective Approaches to Attention-based NMT, section 3.1.
    """

    def compare(self, query: Any, key: Any) -> Any:
        return ops.matmul(query, ops.swapaxes(key, -1, -2))

    def pair(self, query: Any, key: Any) -> Any:
        return ops.sum(query * key, axis=-1)


@keras.saving.register_keras_serializable(package="foveal")
class ScaledDot(Score):
    """The dot product over the root of its width, so that softmax keeps a gradient (Vaswani 2017).

    Call arguments:
        query: `(..., Tq, dim)`.
        key: `(..., Tk, dim)`.

    Returns:
        Scores `(..., Tq, Tk)`.

    Reference:
        Vaswani et al. 2017, Attention Is All You Need, section 3.2.1.
    """

    def compare(self, query: Any, key: Any) -> Any:
        return ops.matmul(_scaled(query), ops.swapaxes(key, -1, -2))

    def pair(self, query: Any, key: Any) -> Any:
        return ops.sum(_scaled(query) * key, axis=-1)


@keras.saving.register_keras_serializable(package="foveal")
class Additive(Score):
    """A small network compares query and key: `v . tanh(W_q q + W_k k)` (Bahdanau 2015).

    With several heads the weights are shared by all of them.

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
        units = self.width(query_shape[-1])
        self.query_dense = self._dense(units, "query", query_shape)
        self.key_dense = self._dense(units, "key", key_shape)
        self.v = self.add_weight(shape=(units, 1), initializer=self.kernel_initializer.clone(), name="v")

    def project(self, key: Any) -> Any:
        return self.key_dense(key)

    def width(self, query_width: int) -> int:
        return self.units or query_width

    def compare(self, query: Any, key: Any) -> Any:
        query = self.query_dense(query)
        return self._energy(query[..., :, None, :], key[..., None, :, :])

    def pair(self, query: Any, key: Any) -> Any:
        return self._energy(self.query_dense(query), key)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

    def _energy(self, query: Any, key: Any) -> Any:
        return ops.matmul(ops.tanh(query + key), self.v)[..., 0]

    def _dense(self, units: int, name: str, shape: tuple) -> keras.layers.Dense:
        dense = keras.layers.Dense(
            units,
            use_bias=False,
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=self.dtype_policy,
            name=name,
        )
        dense.build(shape)
        return dense


PARTS = {"dot": Dot, "scaled_dot": ScaledDot, "additive": Additive}


def get(identifier: Any, **arguments: Any) -> Any:
    """Turns `"dot"`, `"scaled_dot"`, `"additive"` or a layer into the part of the score slot."""
    return slots.get(identifier, PARTS, "score", **arguments)


def _scaled(query: Any) -> Any:
    return query * (1.0 / math.sqrt(query.shape[-1]))

"""Relevance as a dot product."""

import math
from typing import Any

import keras
from keras import ops

from .score import Score, check_same_dim


@keras.saving.register_keras_serializable(package="foveal")
class Dot(Score):
    """The dot product of query and key (Luong 2015).

    Call arguments:
        query: `(..., Tq, dim)`.
        key: `(..., Tk, dim)`.

    Returns:
        Scores `(..., Tq, Tk)`.

    Raises:
        ValueError: if query and key differ in width.

    Reference:
        Luong et al. 2015, Effective Approaches to Attention-based NMT, section 3.1.
    """

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        check_same_dim(query_shape, key_shape)

    def compute_scores(self, query: Any, key: Any) -> Any:
        return ops.matmul(query, ops.swapaxes(key, -1, -2))

    def score_pairs(self, query: Any, key: Any) -> Any:
        return ops.sum(query * key, axis=-1)


@keras.saving.register_keras_serializable(package="foveal")
class ScaledDot(Score):
    """The dot product over the root of its width, so that softmax keeps a gradient (Vaswani 2017).

    Call arguments:
        query: `(..., Tq, dim)`.
        key: `(..., Tk, dim)`.

    Returns:
        Scores `(..., Tq, Tk)`.

    Raises:
        ValueError: if query and key differ in width.

    Reference:
        Vaswani et al. 2017, Attention Is All You Need, section 3.2.1.
    """

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        check_same_dim(query_shape, key_shape)

    def compute_scores(self, query: Any, key: Any) -> Any:
        return ops.matmul(_scaled(query), ops.swapaxes(key, -1, -2))

    def score_pairs(self, query: Any, key: Any) -> Any:
        return ops.sum(_scaled(query) * key, axis=-1)


def _scaled(query: Any) -> Any:
    return query * (1.0 / math.sqrt(query.shape[-1]))

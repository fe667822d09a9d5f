"""One equation, the slots of which are every attention layer's arguments."""

from typing import Any

import keras
from keras import ops

from . import distributions, gates, scores
from .dropout import HashDropout


class Attention(keras.layers.Layer):
    """What all attention layers share.

    ```
    scores  = score(query, key)             how relevant?
    weights = distribution(scores, mask)    where to look
    context = weights . value               what was seen
    output  = gate(context, sentinel)       look, or rely on what is already known
    ```
    """

    def __init__(self, score: Any, distribution: Any, dropout: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.score = scores.get(score, dtype=self.dtype_policy)
        self.distribution = distributions.get(distribution, dtype=self.dtype_policy)
        self.dropout = dropout
        self.dropout_layer = HashDropout(dropout, dtype=self.dtype_policy)

    def attend(
        self, query: Any, key: Any, value: Any, mask: Any, training: bool | None
    ) -> tuple[Any, Any, dict]:
        """The equation without a gate.

        Args:
            query: `(..., Tq, dim)`.
            key: `(..., Tk, key_dim)`, as `score.project` left it.
            value: `(..., Tk, value_dim)`.
            mask: boolean that broadcasts to `(..., Tq, Tk)`, or None.
            training: whether weights are dropped.

        Returns:
            context `(..., Tq, value_dim)`, weights `(..., Tq, Tk)` before dropout, decisions.
        """
        weights, decisions = self.distribution(self.score.compare(query, key), mask=mask)
        return self._mix(weights, value, training), weights, decisions

    def attend_or_rely(
        self,
        query: Any,
        key: Any,
        value: Any,
        mask: Any,
        sentinel: Any,
        sentinel_key: Any,
        training: bool | None,
    ) -> tuple[Any, Any, dict]:
        """The equation with a sentinel `(..., Tq, value_dim)` and its key, one for each query."""
        scores = self.score.compare(query, key)
        sentinel_score = self.score.pair(query, sentinel_key)
        shares, beta, decisions = gates.join(scores, sentinel_score, mask, self.distribution)
        context = self._mix(ops.cast(shares, value.dtype), value, training)
        output = context + ops.cast(beta, value.dtype)[..., None] * sentinel
        weights = ops.cast(gates.looking(shares), value.dtype)
        return output, weights, {**decisions, "gate": ops.cast(beta, value.dtype)}

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "score": keras.saving.serialize_keras_object(self.score),
            "distribution": keras.saving.serialize_keras_object(self.distribution),
            "dropout": self.dropout,
        }

    def _mix(self, weights: Any, value: Any, training: bool | None) -> Any:
        return ops.matmul(self.dropout_layer(weights, training=training), value)


def results(output: Any, *optional: tuple[Any, bool]) -> Any:
    """The output alone, or followed by what else was asked for."""
    asked = [result for result, wanted in optional if wanted]
    return (output, *asked) if asked else output


def check_inputs(query: Any, value: Any = None, key: Any = None) -> None:
    """Raises a `ValueError` unless the tensors are `(batch, T, dim)` of one batch."""
    for name, tensor in (("query", query), ("value", value), ("key", key)):
        if tensor is None:
            continue
        if len(tensor.shape) != 3:
            raise ValueError(
                f"`{name}` must be of shape (batch, length, dim). Received: {tuple(tensor.shape)}"
            )
        if None not in (query.shape[0], tensor.shape[0]) and query.shape[0] != tensor.shape[0]:
            raise ValueError(
                f"`{name}` must have the batch of `query`, {query.shape[0]}. "
                f"Received shape: {tuple(tensor.shape)}"
            )
    lengths = {tensor.shape[1] for tensor in (value, key) if tensor is not None} - {None}
    if len(lengths) > 1:
        raise ValueError(
            f"`key` must be as long as `value`. Received shapes: {tuple(key.shape)}, {tuple(value.shape)}"
        )


def check_built(layer: keras.layers.Layer) -> None:
    """Raises a `ValueError` unless the layer has its weights."""
    if not layer.built:
        raise ValueError(f"Expected a layer that is built or was called. Received: {layer}")

"""Softmax with an attention sink: a learned logit per head in the denominator (gpt-oss)."""

from typing import Any

import keras
from keras import ops

from ..functional.components import InitializerLike
from ..functional.precision import at_least_float32
from ..functional.tensor import Tensor
from .distribution import Distribution
from .softmax import masked_softmax

_LOWEST = -3.4e38  # near the least float32, and not infinite: inf - inf is NaN


@keras.saving.register_keras_serializable(package="foveal")
class SinkSoftmax(Distribution):
    """Softmax with an attention sink, a key without a value: `exp(z_j) / (exp(sink) + sum_k exp(z_k))`.

    The weights sum to less than 1, so that a head can attend to nothing; with softmax it spends the weight
    on a key that matters little, mostly the first. The logit of the sink is learned for each head.
    `SinkSoftmax(trainable=False)` keeps it at 0: the "softmax off by one".

    Args:
        sink_initializer: of the logits of the sinks.

    Call arguments:
        scores: `(batch, heads, Tq, Tk)`, or `(batch, Tq, Tk)` without heads.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.
        training: not used.

    Returns:
        The weights, and the decisions `{"sink": (..., Tq)}`, the weight of the sink: 1 minus the sum of the
        weights.

    Example:
        >>> weights, decisions = SinkSoftmax()(np.zeros((1, 2, 3)))
        >>> np.array(weights[0, 0]).tolist(), np.array(decisions["sink"]).tolist()
        ([0.25, 0.25, 0.25], [[0.25, 0.25]])

    Reference:
        OpenAI 2025, gpt-oss-120b & gpt-oss-20b Model Card, section 2.2; Xiao et al. 2024, Efficient
        Streaming Language Models with Attention Sinks; Miller 2023, Attention Is Off By One.
    """

    fixed_sizes = ("heads",)

    def __init__(self, sink_initializer: InitializerLike = "zeros", **kwargs: Any):
        super().__init__(**kwargs)
        self.sink_initializer = keras.initializers.get(sink_initializer)

    def build(self, scores_shape: tuple) -> None:
        self.sink = self.add_weight(shape=scores_shape[1:-2], initializer=self.sink_initializer, name="sink")

    def call(
        self, scores: Tensor, mask: Tensor | None = None, training: bool | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        dtype, scores = scores.dtype, at_least_float32(scores)
        visible = scores if mask is None else ops.where(mask, scores, ops.cast(_LOWEST, scores.dtype))
        logit = ops.expand_dims(ops.cast(self.sink, scores.dtype), -1) - ops.logsumexp(visible, axis=-1)
        weights = masked_softmax(scores, mask) * ops.expand_dims(ops.sigmoid(-logit), -1)
        return ops.cast(weights, dtype), {"sink": ops.cast(ops.sigmoid(logit), dtype)}

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "sink_initializer": keras.initializers.serialize(self.sink_initializer),
        }

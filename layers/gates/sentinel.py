"""To look, or to rely on what is already known (Lu et al. 2017)."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


def distribute_with_sentinel(
    scores: Any, sentinel_score: Any, mask: Any, distribute: Callable
) -> tuple[Any, Any, dict]:
    """Lets the sentinel compete as one more key.

    Args:
        scores: `(..., Tq, Tk)`.
        sentinel_score: `(..., Tq)`, of each query with its own sentinel.
        mask: boolean that broadcasts to `scores`, or None; the sentinel is never masked.
        distribute: turns scores and a mask into weights and decisions.

    Returns:
        The keys' share of the weight `(..., Tq, Tk)`, the sentinel's share beta `(..., Tq)`, and
        what the distribution decided. All shares of a row sum to 1, in float32 or wider.
    """
    joint = ops.concatenate([scores, sentinel_score[..., None]], axis=-1)
    if keras.backend.standardize_dtype(joint.dtype) in ("float16", "bfloat16"):
        joint = ops.cast(joint, "float32")  # `renormalize` divides by what little a gate may leave
    if mask is not None:
        mask = ops.logical_and(mask, ops.ones(ops.shape(scores)[-1:], "bool"))
        mask = ops.concatenate([mask, ops.ones_like(mask[..., :1])], axis=-1)
    joint, decisions = distribute(joint, mask=mask)
    return joint[..., :-1], joint[..., -1], decisions


def renormalize(shares: Any) -> Any:
    """Alpha: how the weight is spread over the keys, given that the layer looks at them.

    Under softmax the same as the distribution of the scores without the sentinel. A row that
    cannot look has zeros.
    """
    total = ops.sum(shares, axis=-1, keepdims=True)
    return ops.divide_no_nan(shares, total)


class Gate(keras.layers.Layer):
    """What a gate promises: `gate(stream)` is the sentinel of each query, `(..., units)`."""


@keras.saving.register_keras_serializable(package="foveal")
class LSTMSentinel(keras.layers.Layer):
    """The visual sentinel: what an LSTM's memory knows already (Lu et al. 2017, eq. 9-10).

    `s_t = sigmoid(W_x x_t + W_h h_{t-1}) * tanh(m_t)`

    Call arguments:
        inputs: `x_t`, `(..., dim)`.
        previous: `h_{t-1}`, `(..., hidden)`.
        memory: `m_t`, the cell state, `(..., units)`.

    Returns:
        The sentinel `(..., units)`.

    Reference:
        Lu et al. 2017, Knowing When to Look, section 2.4.
    """

    def build(self, inputs_shape: tuple, previous_shape: tuple, memory_shape: tuple) -> None:
        self.gate_dense = keras.layers.Dense(
            memory_shape[-1], use_bias=False, dtype=self.dtype_policy, name="gate"
        )
        self.gate_dense.build((*inputs_shape[:-1], inputs_shape[-1] + previous_shape[-1]))

    def call(self, inputs: Any, previous: Any, memory: Any) -> Any:
        gate = ops.sigmoid(self.gate_dense(ops.concatenate([inputs, previous], axis=-1)))
        return gate * ops.tanh(memory)

    def get_config(self) -> dict:
        """Written out, as Keras derives it from plain arguments alone and a dtype is none."""
        return super().get_config()


@keras.saving.register_keras_serializable(package="foveal")
class StreamSentinel(Gate):
    """The sentinel of a stream without a memory cell: `sigmoid(W_g x) * tanh(W_m x)`.

    A Transformer's stream carries what an LSTM keeps in input, state and memory.

    Args:
        units: width of the sentinel; the width of the stream when None.

    Call arguments:
        stream: `(..., dim)`.

    Returns:
        The sentinel `(..., units)`.

    Reference:
        Lu et al. 2017, Knowing When to Look, section 2.4.
    """

    def __init__(self, units: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units

    def build(self, stream_shape: tuple) -> None:
        units = self.units or stream_shape[-1]
        self.gate_dense = keras.layers.Dense(units, dtype=self.dtype_policy, name="gate")
        self.memory_dense = keras.layers.Dense(units, dtype=self.dtype_policy, name="memory")
        self.gate_dense.build(stream_shape)
        self.memory_dense.build(stream_shape)

    def call(self, stream: Any) -> Any:
        return ops.sigmoid(self.gate_dense(stream)) * ops.tanh(self.memory_dense(stream))

    def get_config(self) -> dict:
        return {**super().get_config(), "units": self.units}

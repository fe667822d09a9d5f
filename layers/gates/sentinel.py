"""Visual sentinel gate for adaptive attention (Lu et al. 2017)."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from ..functional.tensor import Tensor
from .gate import Gate


def distribute_with_sentinel(
    scores: Tensor, sentinel_score: Tensor, mask: Tensor | None, distribute: Callable
) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Distribute the weight over the keys and the sentinel, which is one more key.

    Args:
        scores: `(..., Tq, Tk)`.
        sentinel_score: `(..., Tq)`, of each query with its own sentinel.
        mask: boolean that broadcasts to `scores`, or None; the sentinel is never masked.
        distribute: maps scores and a mask to weights and decisions.

    Returns:
        The weights of the keys `(..., Tq, Tk)`, the weight beta of the sentinel `(..., Tq)`, and the
        decisions of the distribution. Weights and beta of a row sum to 1, in float32 or wider.
    """
    joint = ops.concatenate([scores, ops.expand_dims(sentinel_score, -1)], axis=-1)
    if keras.backend.standardize_dtype(joint.dtype) in ("float16", "bfloat16"):
        joint = ops.cast(joint, "float32")  # `renormalize` divides by a sum that can be very small
    if mask is not None:
        mask = ops.logical_and(mask, ops.ones(ops.shape(scores)[-1:], "bool"))
        mask = ops.concatenate([mask, ops.ones_like(mask[..., :1])], axis=-1)  # pyright: ignore[reportOptionalSubscript]
    joint, decisions = distribute(joint, mask=mask)
    return joint[..., :-1], joint[..., -1], decisions


def renormalize(weights: Tensor) -> Tensor:
    """Divide the weights by their sum: the attention alpha without the sentinel.

    With softmax it equals the distribution of the scores without the sentinel. A row of zeros stays
    zeros.

    Args:
        weights: `(..., Tq, Tk)`.

    Returns:
        A tensor like `weights`.

    Example:
        >>> np.array(renormalize(np.array([[0.25, 0.25], [0.0, 0.0]]))).tolist()
        [[0.5, 0.5], [0.0, 0.0]]
    """
    total = ops.sum(weights, axis=-1, keepdims=True)
    return ops.divide_no_nan(weights, total)


@keras.saving.register_keras_serializable(package="foveal")
class LSTMSentinel(keras.layers.Layer):
    """Visual sentinel of an LSTM's memory cell (Lu et al. 2017, eq. 9-10).

    `s_t = sigmoid(W_x x_t + W_h h_{t-1}) * tanh(m_t)`

    Call arguments:
        inputs: `x_t`, `(..., dim)`.
        previous: `h_{t-1}`, `(..., hidden)`.
        memory: `m_t`, the cell state, `(..., units)`.

    Returns:
        The sentinel `(..., units)`.

    Example:
        >>> sentinel = LSTMSentinel()(np.ones((2, 3)), np.ones((2, 4)), np.zeros((2, 5)))
        >>> tuple(sentinel.shape), float(np.abs(sentinel).max())
        ((2, 5), 0.0)

    Reference:
        Lu et al. 2017, Knowing When to Look, section 2.4.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, inputs_shape: tuple, previous_shape: tuple, memory_shape: tuple) -> None:
        self.gate_dense = keras.layers.Dense(
            memory_shape[-1], use_bias=False, dtype=self.dtype_policy, name="gate"
        )
        self.gate_dense.build((*inputs_shape[:-1], inputs_shape[-1] + previous_shape[-1]))

    def compute_output_shape(self, inputs_shape: tuple, previous_shape: tuple, memory_shape: tuple) -> tuple:
        return memory_shape

    def call(self, inputs: Tensor, previous: Tensor, memory: Tensor) -> Tensor:
        gate = ops.sigmoid(self.gate_dense(ops.concatenate([inputs, previous], axis=-1)))
        return gate * ops.tanh(memory)

    def get_config(self) -> dict:
        """Return the config.

        It is written out because Keras derives a config only from arguments of basic types, and a
        dtype policy is none of them.
        """
        return super().get_config()


@keras.saving.register_keras_serializable(package="foveal")
class StreamSentinel(Gate):
    """Sentinel of a residual stream without a memory cell: `sigmoid(W_g x) * tanh(W_m x)`.

    The residual stream of a Transformer replaces the input, state and memory of an LSTM.

    Args:
        units: width of the sentinel, `heads * value_dim` in an attention layer; the width of the inputs
            when None.

    Call arguments:
        inputs: `(..., dim)`.

    Returns:
        The sentinel `(..., units)`.

    Example:
        >>> tuple(StreamSentinel(units=5)(np.ones((2, 3, 4))).shape)
        (2, 3, 5)

    Reference:
        Lu et al. 2017, Knowing When to Look, section 2.4.
    """

    has_sentinel = True

    def __init__(self, units: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units

    def build(self, inputs_shape: tuple) -> None:
        units = self.units or inputs_shape[-1]
        self.gate_dense = keras.layers.Dense(units, dtype=self.dtype_policy, name="gate")
        self.memory_dense = keras.layers.Dense(units, dtype=self.dtype_policy, name="memory")
        self.gate_dense.build(inputs_shape)
        self.memory_dense.build(inputs_shape)

    def call(self, inputs: Tensor) -> Tensor:
        return ops.sigmoid(self.gate_dense(inputs)) * ops.tanh(self.memory_dense(inputs))

    def compute_output_shape(self, inputs_shape: tuple) -> tuple:
        return (*inputs_shape[:-1], self.units or inputs_shape[-1])

    def make_sentinel(self, query: Tensor) -> Tensor:
        return self(query)

    def get_config(self) -> dict:
        return {**super().get_config(), "units": self.units}

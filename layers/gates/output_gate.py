"""Output gate of each head (Qiu et al. 2025)."""

import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ..functional.components import ConstraintLike, InitializerLike, RegularizerLike
from ..functional.tensor import Tensor
from ..head_projection import HeadProjection
from .gate import Gate


@keras.saving.register_keras_serializable(package="foveal")
class OutputGate(Gate):
    """Output gate: `sigmoid(W_g query)` times the output of each head (Qiu et al. 2025).

    It makes the output non-linear in the values, and lets a head be silent, for which it otherwise needs a
    key that attracts the weight (an attention sink).

    Args:
        units: number of gates: `heads * value_dim` for each element of the output of each head, `heads`
            for one gate of each head; the width of the inputs when None. A tuple
            `(heads, value_dim)` gives the kernel the axes of Keras's.
        use_bias: whether the projection has a bias.
        kernel_initializer, bias_initializer: of the projection.
        kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint,
            activity_regularizer: of the projection.

    Call arguments:
        inputs: the query before its projection, `(batch, Tq, dim)`.

    Returns:
        The gates `(batch, Tq, *units)`. An attention layer returns the mean of each head in its decisions,
        `{"gate": (batch, heads, Tq)}`: 0 where the gate is closed, 1 where it is open.

    Raises:
        ValueError: if an attention layer has neither `units` heads nor `units` elements of heads.

    Example:
        >>> from foveal.layers import SelfAttention
        >>> layer = SelfAttention(num_heads=2, key_dim=4, gate=OutputGate(units=2))  # a gate of each head
        >>> output, decisions = layer(np.ones((1, 3, 8)), return_decisions=True)
        >>> tuple(output.shape), tuple(decisions["gate"].shape)
        ((1, 3, 8), (1, 2, 3))

    Reference:
        Qiu et al. 2025, Gated Attention for Large Language Models: Non-linearity, Sparsity, and
        Attention-Sink-Free, section 2.2 (the gate after the attention, G1).
    """

    def __init__(
        self,
        units: int | Sequence[int] | None = None,
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units if units is None or isinstance(units, int) else tuple(units)
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        # Keras applies a layer's `activity_regularizer` to the outputs of the layer itself.
        self.projection_activity_regularizer = keras.regularizers.get(activity_regularizer)
        self.kernel_constraint = keras.constraints.get(kernel_constraint)
        self.bias_constraint = keras.constraints.get(bias_constraint)

    def build(self, inputs_shape: tuple) -> None:
        units = self._sizes(inputs_shape)
        axes = "de"[: len(units)]
        self.gate_dense = HeadProjection(
            f"abc,c{axes}->ab{axes}",
            output_shape=(None, *units),
            bias_axes=axes if self.use_bias else None,
            activation="sigmoid",
            kernel_initializer=self.kernel_initializer,
            bias_initializer=self.bias_initializer,
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            activity_regularizer=self.projection_activity_regularizer,
            kernel_constraint=self.kernel_constraint,
            bias_constraint=self.bias_constraint,
            dtype=self.dtype_policy,
            name="gate",
        )
        self.gate_dense.build(inputs_shape)

    def call(self, inputs: Tensor) -> Tensor:
        return self.gate_dense(inputs)

    def compute_output_shape(self, inputs_shape: tuple) -> tuple:
        return (*inputs_shape[:-1], *self._sizes(inputs_shape))

    def gate_output(self, query: Tensor, output: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        gate, (_, heads, _, value_dim) = self(query), output.shape
        if math.prod(gate.shape[2:]) not in (heads, heads * value_dim):
            raise ValueError(
                f"`units` must be the number of heads, {heads}, or of their elements, {heads * value_dim}. "
                f"Received: units={math.prod(gate.shape[2:])}"
            )
        batch, length = ops.shape(gate)[:2]
        gate = ops.reshape(gate, (batch, length, heads, math.prod(gate.shape[2:]) // heads))
        gate = ops.swapaxes(gate, 1, 2)  # (batch, heads, Tq, value_dim or 1)
        return gate * output, {"gate": ops.mean(gate, axis=-1)}

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "units": self.units,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": keras.regularizers.serialize(self.bias_regularizer),
            "activity_regularizer": keras.regularizers.serialize(self.projection_activity_regularizer),
            "kernel_constraint": keras.constraints.serialize(self.kernel_constraint),
            "bias_constraint": keras.constraints.serialize(self.bias_constraint),
        }

    def _sizes(self, inputs_shape: tuple) -> tuple:
        units = self.units or inputs_shape[-1]
        return (units,) if isinstance(units, int) else units

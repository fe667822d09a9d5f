"""Muon optimizer for matrices, convolution kernels and projections to heads (Jordan et al. 2024)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from ...layers.functional.keras_compat import all_layers
from ...layers.functional.tensor import Tensor


class Muon(keras.optimizers.Muon):
    """Muon that also orthogonalizes the updates of kernels with more than two axes.

    Keras's Muon replaces the update of each matrix by the nearest orthogonal matrix. Here the kernel of a
    2D convolution `(height, width, channels, filters)` is a matrix too, of patches and filters, and so is
    the kernel of an `EinsumDense`, such as a projection to heads `(inputs, heads, dim)`. All other variables
    are trained by Adam.

    Args:
        learning_rate: learning rate of the matrices, a number or a schedule.
        input_axes: number of leading axes of a variable that are inputs, by path; see `count_input_axes`. A
            variable without any is trained by Adam.
        kwargs: arguments of `keras.optimizers.Muon`.

    Reference:
        Jordan et al. 2024, Muon: An optimizer for hidden layers in neural networks; Liu et al. 2025, Muon
        is Scalable for LLM Training, section 2.2 (the size of an update).
    """

    def __init__(
        self,
        learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 1e-3,
        input_axes: Mapping[str, int] | None = None,
        **kwargs: Any,
    ):
        super().__init__(learning_rate, **kwargs)
        self.input_axes = dict(input_axes or {})

    def get_config(self) -> dict:
        return {**super().get_config(), "input_axes": self.input_axes}

    def build(self, variables: Sequence[keras.Variable]) -> None:
        super().build(variables)
        self._variable_input_axes = [self._count_input_axes(variable) for variable in variables]

    def _count_input_axes(self, variable: keras.Variable) -> int:
        return self.input_axes.get(variable.path, len(variable.shape) - 1)

    def _should_use_adamw(self, variable: keras.Variable) -> bool:
        if variable.path in self.input_axes or len(variable.shape) == 4:
            return self._count_input_axes(variable) == 0
        return super()._should_use_adamw(variable)

    def _muon_update_step(self, gradient: Tensor, variable: Any, lr: Tensor, m: Any) -> None:
        self.assign_add(m, ops.add(gradient, m * (self.momentum - 1)))
        direction = ops.add(gradient, self.momentum * m) if self.nesterov else ops.convert_to_tensor(m)
        axes = self._variable_input_axes[self._get_variable_index(variable)]
        matrix = ops.reshape(direction, (math.prod(variable.shape[:axes]), math.prod(variable.shape[axes:])))
        update = self.lr_adjust(lr * self.zeropower_via_newtonschulz5(matrix, self.ns_steps))
        self.assign_sub(variable, ops.reshape(update, variable.shape))


def count_input_axes(model: keras.Model) -> dict[str, int]:
    """Count the leading axes of each `EinsumDense` variable that its product sums over, by their paths.

    A bias has none, even if it has several axes itself.
    """
    counts = {}
    for layer in all_layers(model):
        if isinstance(layer, keras.layers.EinsumDense):
            operands, outputs = layer.equation.split("->")
            axes = operands.split(",")[1]
            count = sum(axis not in outputs for axis in axes)
            if not any(axis in outputs for axis in axes[:count]):
                counts[layer.kernel.path] = count
            if layer.bias is not None:
                counts[layer.bias.path] = 0
    return counts

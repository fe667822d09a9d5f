"""Muon optimizer for matrices and convolution kernels (Jordan et al. 2024)."""

import math
from typing import Any

import keras
from keras import ops

from ...layers.functional.tensor import Tensor


class Muon(keras.optimizers.Muon):
    """Muon that also orthogonalizes the updates of convolution kernels.

    Keras's Muon replaces the update of each matrix by the nearest orthogonal matrix. Here the kernel of a
    2D convolution `(height, width, channels, filters)` is a matrix too, of patches and filters. All other
    variables are trained by Adam.

    Args:
        learning_rate: learning rate of the matrices, a number or a schedule.
        kwargs: arguments of `keras.optimizers.Muon`.

    Reference:
        Jordan et al. 2024, Muon: An optimizer for hidden layers in neural networks; Liu et al. 2025, Muon
        is Scalable for LLM Training, section 2.2 (the size of an update).
    """

    def __init__(
        self, learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 1e-3, **kwargs: Any
    ):
        super().__init__(learning_rate, **kwargs)

    def _should_use_adamw(self, variable: keras.Variable) -> bool:
        return len(variable.shape) != 4 and super()._should_use_adamw(variable)

    def zeropower_via_newtonschulz5(self, x: Tensor, steps: int) -> Tensor:
        """Approximate the nearest orthogonal matrix, in the shape of the kernel."""
        return ops.reshape(super().zeropower_via_newtonschulz5(_as_matrix(x), steps), x.shape)

    def lr_adjust(self, x: Tensor) -> Tensor:
        """Scale an update to the size of Adam's."""
        return ops.reshape(super().lr_adjust(_as_matrix(x)), x.shape)


def _as_matrix(kernel: Tensor) -> Tensor:
    return ops.reshape(kernel, (math.prod(kernel.shape[:-1]), kernel.shape[-1]))

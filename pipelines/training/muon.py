"""The optimizer Muon, for kernels of convolutions too."""

import math
from typing import Any

import keras
from keras import ops


class Muon(keras.optimizers.Muon):
    """Keras's Muon, which turns each matrix of a gradient into its nearest orthogonal one; the kernel of a
    convolution is a matrix here too, of patches and filters. All else learns by Adam.

    Args:
        learning_rate: of the matrices, a number or a schedule.
        kwargs: as of `keras.optimizers.Muon`.

    Reference:
        Jordan et al. 2024, Muon: An optimizer for hidden layers in neural networks; Liu et al. 2025, Muon
        is Scalable for LLM Training, section 2.2 (the size of an update).
    """

    def __init__(self, learning_rate: Any = 1e-3, **kwargs: Any):
        super().__init__(learning_rate, **kwargs)

    def _should_use_adamw(self, variable: Any) -> bool:
        return len(variable.shape) != 4 and super()._should_use_adamw(variable)

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """The nearest orthogonal matrix, nearly, in the shape of the kernel."""
        return ops.reshape(super().zeropower_via_newtonschulz5(_as_matrix(x), steps), x.shape)

    def lr_adjust(self, x: Any) -> Any:
        """An update as large as Adam's."""
        return ops.reshape(super().lr_adjust(_as_matrix(x)), x.shape)


def _as_matrix(kernel: Any) -> Any:
    return ops.reshape(kernel, (math.prod(kernel.shape[:-1]), kernel.shape[-1]))

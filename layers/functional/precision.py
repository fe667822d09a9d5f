"""Working precision of sums, positions and states: float32, or float64 where a layer computes in float64."""

from typing import Any

import keras
from keras import ops

from .tensor import Tensor


def working_dtype(dtype: Any) -> str:
    """Return float32 for float32 and all narrower dtypes, and float64 for float64.

    The operations of Keras keep float64 on TensorFlow alone; on JAX and PyTorch they return float32, and so
    does this function.

    Example:
        >>> working_dtype("bfloat16"), working_dtype("float32")
        ('float32', 'float32')
    """
    return keras.backend.result_type(keras.backend.standardize_dtype(dtype), "float32")


def at_least_float32(tensor: Tensor) -> Tensor:
    """Cast a tensor to its `working_dtype`."""
    return ops.cast(tensor, working_dtype(tensor.dtype))

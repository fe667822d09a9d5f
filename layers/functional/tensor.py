"""Types of the tensors that layers accept and return: eager, traced or symbolic."""

from typing import Any, TypeAlias

# Keras has no type for the tensors of all backends: `keras.KerasTensor` is the symbolic tensor alone. The
# docstrings state shapes and dtypes.
Tensor: TypeAlias = Any
TensorTree: TypeAlias = Any  # a tensor, an array or None, or nested lists, tuples and dicts of them

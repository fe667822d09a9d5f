"""Scan: run a step function over a sequence, with any structure of outputs and states."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import keras
from keras import ops

from .precision import working_dtype
from .tensor import Tensor, TensorTree

_SpecTree: TypeAlias = Any  # a `TensorTree` with a `_Spec` in place of each tensor


def scan(
    step: Callable,
    inputs: Tensor,
    states: TensorTree,
    key_length: int | Tensor,
    mask: Tensor | None = None,
    is_stochastic: bool = False,
) -> tuple[TensorTree, TensorTree]:
    """Run `step(inputs[:, t], states) -> (outputs, states)` for every `t` in order.

    `keras.layers.RNN` runs the loop: it compiles and differentiates on every backend.

    Args:
        step: the step function; its outputs are a structure of tensors `(rows, ...)`.
        inputs: `(rows, T, dim)`.
        states: a list of tensors `(rows, ...)`, or nested structures of them.
        key_length: the size that replaces a statically unknown size of outputs and states.
        mask: boolean `(rows, T)`; a masked step keeps the states and returns zeros.
        is_stochastic: whether steps draw random numbers. A loop of JAX cannot carry their seed and is
            unrolled.

    Returns:
        The outputs, `(rows, T, ...)`, and the last states.
    """
    cell = _Cell(step, states, key_length, working_dtype(inputs.dtype))
    run = keras.layers.RNN(
        cell,
        return_sequences=True,
        return_state=True,
        zero_output_for_mask=True,
        unroll=is_stochastic and keras.backend.backend() == "jax",
        dtype=cell.compute_dtype,
    )
    packed, *last = run(inputs, initial_state=cell.pack(cell.states, states), mask=mask)
    return cell.unpack(packed), _unpack(cell.states, last)


class _Cell:
    """Cell of a `keras.layers.RNN`, whose loops carry tensors `(rows, size)` in a single dtype.

    The outputs of a step are concatenated to one such tensor, the states are a list of them. Keras accepts
    an object that is no layer: it calls it and reads `state_size` and `compute_dtype`.
    """

    def __init__(self, step: Callable, states: TensorTree, key_length: int | Tensor, dtype: str):
        self.compute_dtype = dtype
        self.step = step
        self.key_length = key_length
        self.states = self._specs(states)
        self.state_size = [state.shape[-1] or 1 for state in keras.tree.flatten(states)]

    def call(self, inputs: Tensor, states: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        outputs, states = self.step(inputs, _unpack(self.states, states))
        self.outputs = self._specs(outputs)
        return ops.concatenate(self.pack(self.outputs, outputs), axis=-1), self.pack(self.states, states)

    __call__ = call

    def pack(self, specs: _SpecTree, tensors: TensorTree) -> list[Tensor]:
        """Reshape and cast each tensor of a structure to `(rows, size)`."""
        pairs = zip(keras.tree.flatten(specs), keras.tree.flatten(tensors), strict=True)
        return [ops.cast(ops.reshape(x, (-1, spec.size)), self.compute_dtype) for spec, x in pairs]

    def unpack(self, packed: Tensor) -> TensorTree:
        """Split the concatenated outputs `(rows, T, size)` into their structure `(rows, T, ...)`."""
        start, pieces = 0, []
        for spec in keras.tree.flatten(self.outputs):
            pieces.append(packed[:, :, start : start + spec.size])
            start += spec.size
        return _unpack(self.outputs, pieces)

    def _specs(self, tensors: TensorTree) -> _SpecTree:
        return keras.tree.map_structure(lambda tensor: _Spec.of(tensor, self.key_length), tensors)


def _unpack(specs: _SpecTree, packed: Sequence[Tensor]) -> TensorTree:
    tensors = [spec.unpack(x) for spec, x in zip(keras.tree.flatten(specs), packed, strict=True)]
    return keras.tree.pack_sequence_as(specs, tensors)


@dataclasses.dataclass
class _Spec:
    """Shape and dtype of one row of a tensor."""

    shape: tuple
    dtype: str

    @classmethod
    def of(cls, tensor: Tensor, key_length: int | Tensor) -> "_Spec":
        shape = tuple(key_length if size is None else size for size in tensor.shape[1:])
        return cls(shape, keras.backend.standardize_dtype(tensor.dtype))

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def unpack(self, packed: Tensor) -> Tensor:
        """Reshape and cast `(..., size)` to `(..., *shape)`."""
        return ops.cast(ops.reshape(packed, (*ops.shape(packed)[:-1], *self.shape)), self.dtype)

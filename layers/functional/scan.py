"""A step run over a sequence, with any structure as its output, on every backend."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops


def scan(
    step: Callable,
    inputs: Any,
    states: Any,
    keys: Any,
    mask: Any = None,
    is_stochastic: bool = False,
) -> tuple[Any, Any]:
    """Runs `step(inputs[:, t], states) -> (outputs, states)` from the first `t` to the last.

    `keras.layers.RNN` carries the loop: it alone runs and differentiates on every backend, compiled
    or not.

    Args:
        step: its outputs are a structure of tensors `(rows, ...)`.
        inputs: `(rows, T, dim)`.
        states: a list of tensors `(rows, ...)`, or nested lists of them.
        keys: the size that a trace does not know, where there is one.
        mask: boolean `(rows, T)`; a masked step leaves the states as they are and gives zeros.
        is_stochastic: whether steps draw random numbers; a loop of JAX cannot carry their seed, and is
            written out.

    Returns:
        The outputs, `(rows, T, ...)`, and the last states.
    """
    cell = _Cell(step, states, keys)
    run = keras.layers.RNN(
        cell,
        return_sequences=True,
        return_state=True,
        zero_output_for_mask=True,
        unroll=is_stochastic and keras.backend.backend() == "jax",
        dtype="float32",
    )
    packed, *last = run(inputs, initial_state=_flat(cell.states, states), mask=mask)
    return cell.unpack(packed), _whole(cell.states, last)


class _Cell:
    """A step as a cell of Keras, the loops of which carry float32 `(rows, size)`: one such output, in
    which the outputs of the step travel side by side, and a list of such states."""

    compute_dtype = "float32"

    def __init__(self, step: Callable, states: Any, keys: Any):
        self.step = step
        self.keys = keys
        self.states = self._parts(states)
        self.state_size = [state.shape[-1] or 1 for state in keras.tree.flatten(states)]

    def call(self, inputs: Any, states: Any) -> tuple[Any, Any]:
        outputs, states = self.step(inputs, _whole(self.states, states))
        self.outputs = self._parts(outputs)
        return ops.concatenate(_flat(self.outputs, outputs), axis=-1), _flat(self.states, states)

    __call__ = call

    def unpack(self, packed: Any) -> Any:
        """What the steps gave, `(rows, T, ...)`, from their one output `(rows, T, size)`."""
        start, pieces = 0, []
        for part in keras.tree.flatten(self.outputs):
            pieces.append(packed[:, :, start : start + part.size])
            start += part.size
        return _whole(self.outputs, pieces)

    def _parts(self, tensors: Any) -> Any:
        return keras.tree.map_structure(lambda tensor: _Part.of(tensor, self.keys), tensors)


def _flat(parts: Any, tensors: Any) -> list:
    tensors = keras.tree.flatten(tensors)
    return [part.flat(x) for part, x in zip(keras.tree.flatten(parts), tensors, strict=True)]


def _whole(parts: Any, flat: Sequence) -> Any:
    tensors = [part.whole(x) for part, x in zip(keras.tree.flatten(parts), flat, strict=True)]
    return keras.tree.pack_sequence_as(parts, tensors)


@dataclasses.dataclass
class _Part:
    """Shape and type of one row of a tensor."""

    sizes: tuple
    dtype: str

    @classmethod
    def of(cls, tensor: Any, keys: Any) -> "_Part":
        sizes = tuple(keys if size is None else size for size in tensor.shape[1:])
        return cls(sizes, keras.backend.standardize_dtype(tensor.dtype))

    @property
    def size(self) -> Any:
        return math.prod(self.sizes)

    def flat(self, tensor: Any) -> Any:
        """`(rows, *sizes)` to float32 `(rows, size)`."""
        return ops.reshape(ops.cast(tensor, "float32"), (-1, self.size))

    def whole(self, flat: Any) -> Any:
        """`(..., size)` to `(..., *sizes)`."""
        return ops.cast(ops.reshape(flat, (*ops.shape(flat)[:-1], *self.sizes)), self.dtype)

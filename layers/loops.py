"""A step run over a sequence, with any structure as its output, on every backend."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops


def over_time(
    step: Callable,
    inputs: Any,
    states: Any,
    keys: Any,
    mask: Any = None,
    draws: bool = False,
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
        draws: whether steps draw random numbers; a loop of JAX cannot carry their seed, and is
            written out.

    Returns:
        The outputs, `(rows, T, ...)`, and the last states.
    """
    cell = _Cell(step, states)
    run = keras.layers.RNN(
        cell,
        return_sequences=True,
        return_state=True,
        zero_output_for_mask=True,
        unroll=draws and keras.backend.backend() == "jax",
        dtype="float32",
    )
    packed, *states = run(inputs, initial_state=states, mask=mask)
    return cell.unpack(packed, keys), states


class _Cell:
    """A step as a cell of Keras; a loop carries one output, so its outputs travel side by side."""

    compute_dtype = "float32"

    def __init__(self, step: Callable, states: Any):
        self.step = step
        self.state_size = keras.tree.map_structure(lambda state: state.shape[-1] or 1, states)

    def call(self, inputs: Any, states: Any) -> tuple[Any, Any]:
        outputs, states = self.step(inputs, states)
        self.parts = keras.tree.map_structure(_Part.of, outputs)
        rows = ops.shape(inputs)[0]
        flat = [ops.reshape(ops.cast(x, "float32"), (rows, -1)) for x in keras.tree.flatten(outputs)]
        return ops.concatenate(flat, axis=-1), states

    __call__ = call

    def unpack(self, packed: Any, keys: Any) -> Any:
        rows, steps, _ = ops.shape(packed)
        start, outputs = 0, []
        for part in keras.tree.flatten(self.parts):
            inner = [keys if size is None else size for size in part.sizes]
            end = start + math.prod(inner)
            output = ops.reshape(packed[:, :, start:end], (rows, steps, *inner))
            outputs.append(ops.cast(output, part.dtype))
            start = end
        return keras.tree.pack_sequence_as(self.parts, outputs)


@dataclasses.dataclass
class _Part:
    """Shape and type of one row of one output."""

    sizes: tuple
    dtype: str

    @classmethod
    def of(cls, tensor: Any) -> "_Part":
        return cls(tensor.shape[1:], keras.backend.standardize_dtype(tensor.dtype))

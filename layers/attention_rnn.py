"""A recurrent cell with attention, run over a whole sequence."""

import contextlib
import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import keras
from keras import ops

from . import slots
from .attention_cell import AttentionCell


@keras.saving.register_keras_serializable(package="foveal")
class AttentionRNN(keras.layers.Layer):
    """Runs an `AttentionCell` over a sequence, as `keras.layers.RNN` runs a cell.

    Args:
        cell: an `AttentionCell`.

    Call arguments:
        inputs: `(batch, T, dim)`.
        memory: `(batch, Tk, memory_dim)`.
        initial_states: the cell's states before the first step; zeros when None.
        inputs_mask: boolean `(batch, T)`; a masked step leaves the states as they are and gives
            zeros.
        memory_mask: boolean `(batch, Tk)`.
        training: whether to drop anything.

    Returns:
        `outputs, states, scores, decisions`: `(batch, T, units + context)`; the last states; the
        weights `(batch, [heads,] T, Tk)`; and what the attention decided, such as
        `{"gate": (batch, [heads,] T)}`.

    Example:
        >>> from foveal.layers import SoftAttention
        >>> cell = AttentionCell(keras.layers.GRUCell(4), SoftAttention("additive"))
        >>> outputs, _, scores, _ = AttentionRNN(cell)(np.ones((2, 3, 7)), np.ones((2, 5, 6)))
        >>> tuple(outputs.shape), tuple(scores.shape)
        ((2, 3, 10), (2, 3, 5))

    Reference:
        Bahdanau et al. 2015, section 3.1; Luong et al. 2015, section 3; Lu et al. 2017.
    """

    def __init__(self, cell: AttentionCell, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.cell = cell

    def build(self, inputs_shape: tuple, memory_shape: tuple) -> None:
        slots.build(self.cell, (inputs_shape[0], inputs_shape[2]), None, memory_shape)

    def call(
        self,
        inputs: Any,
        memory: Any,
        initial_states: Any = None,
        inputs_mask: Any = None,
        memory_mask: Any = None,
        training: bool | None = None,
    ) -> tuple[Any, Any, Any, dict]:
        if initial_states is None:
            initial_states = self.cell.initial_states(ops.shape(inputs)[0])
        step = _Step(self.cell, self.cell.memory_cache(memory), memory_mask, training)
        run = keras.layers.RNN(
            step,
            return_sequences=True,
            return_state=True,
            zero_output_for_mask=True,
            unroll=self._needs_seeds(training) and keras.backend.backend() == "jax",
            dtype=self.dtype_policy,
        )
        with _dropout_drawn_once(step, inputs, initial_states):
            packed, *states = run(inputs, initial_state=initial_states, mask=inputs_mask)
        outputs, scores, decisions = step.unpack(packed, ops.shape(memory)[1])
        return outputs, states, scores, decisions

    def _needs_seeds(self, training: bool | None) -> bool:
        """Whether steps draw random numbers: a loop of JAX cannot carry a seed on."""
        return bool(training and self.cell.attention.dropout)

    def get_config(self) -> dict:
        return {**super().get_config(), "cell": keras.saving.serialize_keras_object(self.cell)}

    @classmethod
    def from_config(cls, config: dict) -> "AttentionRNN":
        return cls(**{**config, "cell": keras.saving.deserialize_keras_object(config["cell"])})


class _Step:
    """An `AttentionCell` and its memory as a cell that `keras.layers.RNN` can run.

    A loop carries one output, so output, scores and decisions travel side by side in one tensor.
    """

    def __init__(self, cell: AttentionCell, cache: dict, mask: Any, training: bool | None):
        self.cell, self.cache, self.mask, self.training = cell, cache, mask, training
        self.state_size = cell.cell.state_size
        self.compute_dtype = cell.compute_dtype

    def call(self, inputs: Any, states: Any) -> tuple[Any, Any]:
        output, states, scores, decisions = self.cell(
            inputs, states, memory_mask=self.mask, cache=self.cache, training=self.training
        )
        parts = (output, scores, decisions)
        self.shapes = keras.tree.map_structure(lambda part: _Inner(part.shape[1:]), parts)
        rows = ops.shape(output)[0]
        flat = [ops.reshape(part, (rows, -1)) for part in keras.tree.flatten(parts)]
        return ops.concatenate(flat, axis=-1), states

    __call__ = call

    def unpack(self, packed: Any, keys: Any) -> tuple[Any, Any, dict]:
        """`(batch, T, ...)` back to outputs, scores and decisions, the steps before the keys."""
        batch, steps, _ = ops.shape(packed)
        start, parts = 0, []
        for shape in keras.tree.flatten(self.shapes):
            inner = [keys if size is None else size for size in shape.sizes]
            end = start + math.prod(inner)
            parts.append(ops.reshape(packed[:, :, start:end], (batch, steps, *inner)))
            start = end
        outputs, scores, decisions = keras.tree.pack_sequence_as(self.shapes, parts)
        decisions = {name: ops.moveaxis(value, 1, -1) for name, value in decisions.items()}
        return outputs, ops.moveaxis(scores, 1, -2), decisions


@dataclasses.dataclass
class _Inner:
    """The shape of one row, kept whole when a structure of them is flattened."""

    sizes: tuple


@contextlib.contextmanager
def _dropout_drawn_once(step: _Step, inputs: Any, states: Any) -> Iterator[None]:
    """A Keras cell keeps the dropout masks of its first step: draw them outside of the loop, and
    forget them after it, or a tensor of the loop outlives it."""
    outer = step.cell.cell
    cells = [cell for cell in getattr(outer, "cells", [outer]) if hasattr(cell, "dropout")]
    if step.training and cells:
        step(inputs[:, 0], states)
    yield
    for cell in cells:
        cell.reset_dropout_mask()
        cell.reset_recurrent_dropout_mask()

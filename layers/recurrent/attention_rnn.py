"""A recurrent cell with attention, run over a whole sequence."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras
from keras import ops

from ..functional import components
from ..functional.scan import scan
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
        components.build_component(self.cell, (inputs_shape[0], inputs_shape[2]), None, memory_shape)

    def call(
        self,
        inputs: Any,
        memory: Any,
        initial_states: Any = None,
        inputs_mask: Any = None,
        memory_mask: Any = None,
        training: bool | None = None,
    ) -> tuple[Any, Any, Any, dict]:
        rows, keys = ops.shape(inputs)[0], ops.shape(memory)[1]
        if initial_states is None:
            initial_states = self.cell.get_initial_state(rows, keys)
        cache = self.cell.memory_cache(memory)

        def step(inputs: Any, states: Any) -> tuple[tuple, Any]:
            output, states, scores, decisions = self.cell(
                inputs, states, memory_mask=memory_mask, cache=cache, training=training
            )
            return (output, scores, decisions), states

        is_stochastic = self.cell.attention.is_stochastic(training)
        with self._dropout_drawn_once(step, inputs, initial_states, training):
            (outputs, scores, decisions), states = scan(
                step, inputs, initial_states, keys, mask=inputs_mask, is_stochastic=is_stochastic
            )
        decisions = {name: ops.moveaxis(value, 1, -1) for name, value in decisions.items()}
        return outputs, states, ops.moveaxis(scores, 1, -2), decisions

    def get_config(self) -> dict:
        return {**super().get_config(), "cell": keras.saving.serialize_keras_object(self.cell)}

    @classmethod
    def from_config(cls, config: dict) -> "AttentionRNN":
        return cls(**{**config, "cell": keras.saving.deserialize_keras_object(config["cell"])})

    @contextlib.contextmanager
    def _dropout_drawn_once(
        self, step: Callable, inputs: Any, states: Any, training: bool | None
    ) -> Iterator[None]:
        """A Keras cell keeps the dropout masks of its first step: draw them outside of the loop, and
        forget them after it, or a tensor of the loop outlives it."""
        outer = self.cell.cell
        cells = [cell for cell in getattr(outer, "cells", [outer]) if hasattr(cell, "dropout")]
        if training and cells:
            step(inputs[:, 0], states)
        yield
        for cell in cells:
            cell.reset_dropout_mask()
            cell.reset_recurrent_dropout_mask()

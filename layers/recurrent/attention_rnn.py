"""Recurrent layer with attention: an `AttentionCell` over a sequence (Bahdanau et al. 2015)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ..functional import components
from ..functional.keras_compat import precomputed_dropout
from ..functional.scan import scan
from ..functional.tensor import Tensor, TensorTree
from .attention_cell import AttentionCell


@keras.saving.register_keras_serializable(package="foveal")
class AttentionRNN(keras.layers.Layer):
    """Recurrent layer with attention: runs an `AttentionCell`, as `keras.layers.RNN` runs a cell.

    Args:
        cell: an `AttentionCell`.

    Call arguments:
        inputs: `(batch, T, dim)`.
        memory: `(batch, Tk, memory_dim)`.
        initial_state: states of the cell before the first step; zeros when None.
        inputs_mask: boolean `(batch, T)`; a masked step keeps the states and returns zeros.
        memory_mask: boolean `(batch, Tk)`.
        training: whether to apply dropout.

    Returns:
        `outputs, states, scores, decisions`: `(batch, T, units + context)`; the last states; the
        weights `(batch, [heads,] T, Tk)`; and the decisions of the attention, such as
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
        components.add_user(self, cell)

    def build(self, inputs_shape: tuple, memory_shape: tuple) -> None:
        components.build_component(self.cell, (inputs_shape[0], inputs_shape[2]), None, memory_shape)

    def call(
        self,
        inputs: Tensor,
        memory: Tensor,
        initial_state: Sequence[TensorTree] | None = None,
        inputs_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        training: bool | None = None,
    ) -> tuple[Tensor, list[TensorTree], Tensor, dict[str, Tensor]]:
        batch, key_length = ops.shape(inputs)[0], ops.shape(memory)[1]
        if initial_state is None:
            initial_state = self.cell.get_initial_state(batch, key_length)
        cache = self.cell.memory_cache(memory)

        def step(inputs: Tensor, states: Sequence[TensorTree]) -> tuple[tuple, Sequence[TensorTree]]:
            output, states, scores, decisions = self.cell(
                inputs, states, memory_mask=memory_mask, cache=cache, training=training
            )
            return (output, scores, decisions), states

        def first_step() -> None:
            step(inputs[:, 0], initial_state)

        is_stochastic = self.cell.attention.is_stochastic(training)
        with precomputed_dropout(self.cell.cell, first_step if training else None):
            (outputs, scores, decisions), states = scan(
                step, inputs, initial_state, key_length, mask=inputs_mask, is_stochastic=is_stochastic
            )
        decisions = {name: ops.moveaxis(decision, 1, -1) for name, decision in decisions.items()}
        return outputs, states, ops.moveaxis(scores, 1, -2), decisions

    def get_config(self) -> dict:
        return {**super().get_config(), "cell": components.serialize_component(self.cell)}

    @classmethod
    def from_config(cls, config: dict) -> "AttentionRNN":
        return cls(**{**config, "cell": components.deserialize_component(config["cell"])})

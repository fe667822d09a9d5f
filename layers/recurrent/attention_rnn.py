"""Recurrent layer with attention: an `AttentionCell` over a sequence (Bahdanau et al. 2015)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ..functional import components
from ..functional.keras_compat import precomputed_dropout
from ..functional.output_spec import traced_output_shape, traced_output_spec
from ..functional.scan import scan
from ..functional.tensor import Tensor, TensorTree
from .attention_cell import AttentionCell


@keras.saving.register_keras_serializable(package="foveal")
class AttentionRNN(keras.layers.Layer):
    """Recurrent layer with attention: runs an `AttentionCell`, as `keras.layers.RNN` runs a cell.

    Args:
        cell: an `AttentionCell`.
        go_backwards: whether to read the inputs from the last to the first; outputs, weights and decisions
            are then in this order, as those of `keras.layers.RNN`.

    Call arguments:
        inputs: `(batch, T, dim)`; or the pair `[inputs, memory]`, as `keras.layers.Bidirectional` passes it.
        memory: `(batch, Tk, memory_dim)`.
        initial_state: states of the cell before the first step; zeros when None.
        inputs_mask: boolean `(batch, T)`; a masked step keeps the states and returns zeros.
        memory_mask: boolean `(batch, Tk)`.
        mask: as `inputs_mask`, or a pair of both masks; wrappers pass it.
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

    # attributes of a recurrent layer that `keras.layers.Bidirectional` reads
    return_sequences = return_state = True
    stateful = False
    states = None

    def __init__(self, cell: AttentionCell, go_backwards: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.cell = cell
        self.go_backwards = go_backwards
        components.add_user(self, cell)

    def build(self, inputs_shape: Any, memory_shape: tuple | None = None) -> None:
        inputs_shape, memory_shape = _split_pair(inputs_shape, memory_shape)
        components.build_component(self.cell, (inputs_shape[0], inputs_shape[2]), None, memory_shape)

    def call(
        self,
        inputs: TensorTree,
        memory: Tensor | None = None,
        initial_state: Sequence[TensorTree] | None = None,
        inputs_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        mask: TensorTree = None,
        training: bool | None = None,
    ) -> tuple[Tensor, list[TensorTree], Tensor, dict[str, Tensor]]:
        inputs, memory = _split_pair(inputs, memory)
        inputs_mask, memory_mask = _split_pair(mask if inputs_mask is None else inputs_mask, memory_mask)
        if self.go_backwards:
            inputs = ops.flip(inputs, axis=1)
            inputs_mask = inputs_mask if inputs_mask is None else ops.flip(inputs_mask, axis=1)
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

    def compute_mask(self, inputs: TensorTree, previous_mask: TensorTree) -> Tensor | None:
        """Return the mask of the inputs."""
        return _split_pair(previous_mask, None)[0]

    def compute_output_shape(self, inputs_shape: Any, memory_shape: tuple | None = None) -> Any:
        return traced_output_shape(self, *_split_pair(inputs_shape, memory_shape))

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> TensorTree:
        return traced_output_spec(self, *args, **kwargs)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "cell": components.serialize_component(self.cell),
            "go_backwards": self.go_backwards,
        }

    @classmethod
    def from_config(cls, config: dict) -> "AttentionRNN":
        return cls(**{**config, "cell": components.deserialize_component(config["cell"])})


def _split_pair(first: Any, second: Any) -> tuple[Any, Any]:
    """Return the two entries of a pair that is given as the first argument; or both arguments."""
    is_pair = isinstance(first, (list, tuple)) and not any(isinstance(x, int) for x in first)
    return (first[0], first[1]) if is_pair else (first, second)

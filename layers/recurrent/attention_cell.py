"""Recurrent cell with attention to a memory (Bahdanau et al. 2015; Luong et al. 2015)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ..attention.attention import Attention
from ..attention.attention_outputs import AttentionOutputs
from ..functional import components
from ..functional.beams import fold_beams, repeat_rows, unfold_beams
from ..functional.output_spec import traced_output_shape, traced_output_spec
from ..functional.tensor import Tensor, TensorTree


@keras.saving.register_keras_serializable(package="foveal")
class AttentionCell(keras.layers.Layer):
    """Recurrent cell that attends to a memory at every step.

    - `attend="before"` (Bahdanau et al. 2015): the query is the previous output, and the context is
      concatenated to the input of the cell;
    - `attend="after"` (Luong et al. 2015; Lu et al. 2017): the query is the new output.

    Args:
        cell: any Keras cell, such as `keras.layers.GRUCell(64)`; with `AdaptiveAttention` an
            `LSTMCell`.
        attention: an attention layer with `memory_cache`.
        attend: `"before"` or `"after"`.

    Call arguments:
        inputs: `(rows, dim)`.
        states: the states of the cell, from `get_initial_state` or the step before.
        memory: `(batch, Tk, memory_dim)`; None with `cache`.
        memory_mask: boolean `(batch, Tk)`.
        cache: the result of `memory_cache`. The rows may be a multiple of its batch: neighbouring rows
            (beams) then share a memory.
        training: whether to apply dropout.

    Returns:
        `output, states, scores, decisions`: output of the cell and context, concatenated,
        `(rows, units + context)`; the new states; the weights `(rows, [heads,] Tk)`; and the decisions
        of the attention, such as `{"gate": (rows, [heads])}`.

    Raises:
        ValueError: if `attend` is neither of the two, or the attention needs another cell.

    Example:
        >>> from foveal.layers import SoftAttention
        >>> cell = AttentionCell(keras.layers.GRUCell(4), SoftAttention("additive"))
        >>> memory = np.ones((2, 5, 6))
        >>> output, states, scores, _ = cell(np.ones((2, 3)), cell.get_initial_state(2), memory)
        >>> tuple(output.shape), tuple(scores.shape)
        ((2, 10), (2, 5))

    Reference:
        Bahdanau et al. 2015, appendix A.2; Luong et al. 2015, section 3; Lu et al. 2017.
    """

    def __init__(
        self,
        cell: keras.layers.Layer,
        attention: Attention,
        attend: str = "before",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        if attend not in ("before", "after"):
            raise ValueError(f"`attend` must be 'before' or 'after'. Received: attend={attend!r}")
        self.cell = cell
        self.attention = attention
        components.add_user(self, cell, attention)
        self.attend = attend
        if attention.needs_lstm_states and (
            attend == "before" or not isinstance(cell, keras.layers.LSTMCell)
        ):
            raise ValueError(
                f"`cell` must be an LSTMCell and `attend` must be 'after' with {type(attention).__name__}, "
                "which reads the memory of the LSTM. "
                f"Received: cell={type(cell).__name__}, attend={attend!r}"
            )

    def build(self, inputs_shape: tuple, states_shape: list | tuple | None, memory_shape: tuple) -> None:
        batch, dim = inputs_shape
        query = (memory_shape[0], None, self.cell.output_size)
        shapes = [query, memory_shape]
        if self.attention.needs_lstm_states:
            shapes += [None, ((batch, None, dim), query, query)]
        components.build_component(self.attention, *shapes)
        if self.attend == "before":
            dim += self.attention.context_dim(self.cell.output_size, memory_shape[-1])
        components.build_component(self.cell, (batch, dim))

    def call(
        self,
        inputs: Tensor,
        states: Sequence[TensorTree],
        memory: Tensor | None = None,
        memory_mask: Tensor | None = None,
        cache: dict[str, Tensor] | None = None,
        training: bool | None = None,
    ) -> tuple[Tensor, list[TensorTree], Tensor, dict[str, Tensor]]:
        cache = self.memory_cache(memory) if cache is None else cache
        states, state = self._split_states(states)
        if self.attend == "before":
            outputs = self._attend(_cell_output(states), cache, memory_mask, state, training)
            inputs = ops.concatenate([inputs, outputs.output], axis=-1)
            output, states = self.cell(inputs, states, training=training)
        else:
            previous = states
            output, states = self.cell(inputs, states, training=training)
            lstm = (inputs, previous[0], states[1]) if self.attention.needs_lstm_states else None
            outputs = self._attend(output, cache, memory_mask, state, training, lstm)
        output = ops.concatenate([output, outputs.output], axis=-1)
        return output, [*states, *outputs.state.values()], outputs.attention_scores, outputs.decisions

    def memory_cache(self, memory: Tensor) -> dict[str, Tensor]:
        """Compute keys and values of a memory `(batch, Tk, memory_dim)` once for all steps."""
        return self.attention.memory_cache(memory)

    def get_initial_state(
        self, batch_size: int | Tensor, key_length: int | Tensor | None = None
    ) -> list[TensorTree]:
        """Return the states before the first step.

        Args:
            batch_size: number of rows.
            key_length: length of the memory; only an attention with a state along the keys needs it (a
                coverage, a monotonic distribution).
        """
        state = self.attention.get_initial_state(batch_size, key_length)
        return [*self.cell.get_initial_state(batch_size=batch_size), *state.values()]

    def compute_output_shape(
        self, inputs_shape: tuple, states_shape: list | tuple, memory_shape: tuple
    ) -> Any:
        return traced_output_shape(self, inputs_shape, states_shape, memory_shape)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> TensorTree:
        return traced_output_spec(self, *args, **kwargs)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "cell": components.serialize_component(self.cell),
            "attention": components.serialize_component(self.attention),
            "attend": self.attend,
        }

    @classmethod
    def from_config(cls, config: dict) -> "AttentionCell":
        layers = {name: components.deserialize_component(config[name]) for name in ("cell", "attention")}
        return cls(**{**config, **layers})

    def _split_states(self, states: Sequence[TensorTree]) -> tuple[list[TensorTree], dict[str, Tensor]]:
        """Split the states into those of the cell and the state of the attention."""
        names = self.attention.state_keys
        count = len(states) - len(names)
        return list(states[:count]), dict(zip(names, states[count:], strict=True))

    def _attend(
        self,
        rows: Tensor,
        cache: dict[str, Tensor],
        mask: Tensor | None,
        state: dict[str, Tensor],
        training: bool | None,
        lstm: tuple[Tensor, Tensor, Tensor] | None = None,
    ) -> AttentionOutputs:
        """Attend from rows `(rows, dim)`; rows that share a memory become queries of one example."""
        num_rows = ops.shape(rows)[0]
        if state:  # each row has a state of its own, and needs a memory of its own
            cache, mask = repeat_rows((cache, mask), num_rows)
        batch = ops.shape(cache["key"])[0]

        def fold(tensor: Tensor) -> Tensor:
            return fold_beams(tensor[:, None], batch)

        def unfold(tensor: Tensor, axis: int) -> Tensor:
            return ops.squeeze(unfold_beams(tensor, num_rows, 1, axis), axis)

        outputs = AttentionOutputs.from_call(
            self.attention(
                fold(rows),
                cache=cache,
                value_mask=mask,
                return_attention_scores=True,
                return_decisions=True,
                training=training,
                state=state or None,
                **({} if lstm is None else {"lstm": tuple(fold(tensor) for tensor in lstm)}),
            ),
            has_scores=True,
            has_decisions=True,
            has_state=bool(state),
        )
        return AttentionOutputs(
            unfold(outputs.output, 1),
            unfold(outputs.attention_scores, -2),
            {name: unfold(decision, -1) for name, decision in outputs.decisions.items()},
            state=outputs.state or {},
        )


def _cell_output(states: Sequence[TensorTree]) -> Tensor:
    """Return the output of a cell, its first state; a stack of cells nests the states of each."""
    top = states[-1] if isinstance(states[-1], (list, tuple)) else states
    return top[0]

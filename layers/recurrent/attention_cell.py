"""Any recurrent cell with any attention, for one step and for a whole sequence."""

from typing import Any

import keras
from keras import ops

from ..attention.adaptive_attention import AdaptiveAttention
from ..functional import components, kv_cache


@keras.saving.register_keras_serializable(package="foveal")
class AttentionCell(keras.layers.Layer):
    """A recurrent cell that attends to a memory at every step.

    - `attend="before"` (Bahdanau 2015): the query is the previous output, and the context joins
      the input of the cell;
    - `attend="after"` (Luong 2015; Lu 2017): the query is the new output.

    Args:
        cell: any Keras cell, such as `keras.layers.GRUCell(64)`; with `AdaptiveAttention` an
            `LSTMCell`.
        attention: an attention layer with `memory_cache`.
        attend: `"before"` or `"after"`.

    Call arguments:
        inputs: `(rows, dim)`.
        states: the cell's states, as `get_initial_state` or a step returned them.
        memory: `(batch, Tk, memory_dim)`; None with `cache`.
        memory_mask: boolean `(batch, Tk)`.
        cache: what `memory_cache` made. The rows may be a multiple of its batch: each memory then
            serves as many neighbouring rows (the beams).
        training: whether to drop anything.

    Returns:
        `output, states, scores, decisions`: the cell's output and the context side by side
        `(rows, units + context)`; the new states; the weights `(rows, [heads,] Tk)`; and what the
        attention decided, such as `{"gate": (rows, [heads])}`.

    Raises:
        ValueError: if `attend` is neither of the two, or the cell does not suit the attention.

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
        cell: Any,
        attention: Any,
        attend: str = "before",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if attend not in ("before", "after"):
            raise ValueError(f"`attend` must be 'before' or 'after'. Received: {attend!r}")
        self.cell = cell
        self.attention = attention
        self.attend = attend
        self.is_adaptive = isinstance(attention, AdaptiveAttention)
        if self.is_adaptive and (attend == "before" or not isinstance(cell, keras.layers.LSTMCell)):
            raise ValueError(
                "AdaptiveAttention reads the memory of an LSTM after its step: expected an "
                f"LSTMCell and attend='after'. Received: {type(cell).__name__}, attend={attend!r}"
            )

    def build(self, inputs_shape: tuple, states_shape: Any, memory_shape: tuple) -> None:
        batch, dim = inputs_shape
        query = (memory_shape[0], None, self.cell.output_size)
        if self.is_adaptive:
            lstm = ((batch, None, dim), query, query)
            components.build_component(self.attention, query, memory_shape, None, lstm)
        else:
            components.build_component(self.attention, query, memory_shape)
        if self.attend == "before":
            dim += self.attention.context_dim(self.cell.output_size, memory_shape[-1])
        components.build_component(self.cell, (batch, dim))

    def call(
        self,
        inputs: Any,
        states: Any,
        memory: Any = None,
        memory_mask: Any = None,
        cache: dict | None = None,
        training: bool | None = None,
    ) -> tuple[Any, Any, Any, dict]:
        cache = self.memory_cache(memory) if cache is None else cache
        states, left = self._apart(states)
        if self.attend == "before":
            context, *seen = self._look(_output(states), cache, memory_mask, left, training)
            inputs = ops.concatenate([inputs, context], axis=-1)
            output, states = self.cell(inputs, states, training=training)
        else:
            before = states
            output, states = self.cell(inputs, states, training=training)
            lstm = (inputs, before[0], states[1]) if self.is_adaptive else None
            context, *seen = self._look(output, cache, memory_mask, left, training, lstm)
        scores, decisions, left = seen
        output = ops.concatenate([output, context], axis=-1)
        return output, [*states, *left.values()], scores, decisions

    def memory_cache(self, memory: Any) -> dict:
        """What depends on the memory alone, computed once for all steps."""
        return self.attention.memory_cache(memory)

    def get_initial_state(self, rows: Any, keys: Any = None) -> list:
        """The states before the first step; `keys`, the length of the memory, is needed only where
        the attention asks where it looked before (a coverage, a monotonic distribution)."""
        left = self.attention.get_initial_state(rows, keys)
        return [*self.cell.get_initial_state(batch_size=rows), *left.values()]

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "cell": keras.saving.serialize_keras_object(self.cell),
            "attention": keras.saving.serialize_keras_object(self.attention),
            "attend": self.attend,
        }

    @classmethod
    def from_config(cls, config: dict) -> "AttentionCell":
        parts = ("cell", "attention")
        return cls(
            **{
                name: keras.saving.deserialize_keras_object(value) if name in parts else value
                for name, value in config.items()
            }
        )

    def _apart(self, states: Any) -> tuple[list, dict]:
        """The states of the cell, and what the attention's earlier queries left."""
        names = self.attention.state_keys
        own = len(states) - len(names)
        return list(states[:own]), dict(zip(names, states[own:], strict=True))

    def _look(
        self,
        rows: Any,
        cache: dict,
        mask: Any,
        left: dict,
        training: bool | None,
        lstm: Any = None,
    ) -> tuple[Any, Any, dict, dict]:
        """Attends from rows `(rows, dim)`; those that share a memory become its queries."""
        if left:  # each row looked elsewhere before: each needs its memory for itself
            cache, mask = kv_cache.repeat_rows((cache, mask), ops.shape(rows)[0])
        memories = ops.shape(cache["key"])[0]

        def as_queries(tensor: Any) -> Any:
            return ops.reshape(tensor, (memories, -1, tensor.shape[-1]))

        context, scores, decisions, *advanced = self.attention(
            as_queries(rows),
            cache=cache,
            value_mask=mask,
            return_attention_scores=True,
            return_decisions=True,
            training=training,
            state=left or None,
            **({} if lstm is None else {"lstm": tuple(as_queries(tensor) for tensor in lstm)}),
        )
        context = ops.reshape(context, (-1, context.shape[-1]))
        decisions = {name: _as_rows(value, -1) for name, value in decisions.items()}
        return context, _as_rows(scores, -2), decisions, advanced[0] if advanced else {}


def _output(states: Any) -> Any:
    """The cell's output is its first state; a stack of cells nests the states of each."""
    last = states[-1] if isinstance(states[-1], (list, tuple)) else states
    return last[0]


def _as_rows(tensor: Any, queries: int) -> Any:
    """`(batch, ..., queries, ...)` to `(batch * queries, ..., ...)`."""
    tensor = ops.moveaxis(tensor, queries, 1)
    return ops.reshape(tensor, (-1, *ops.shape(tensor)[2:]))

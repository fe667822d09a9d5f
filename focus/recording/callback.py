"""Callback that records measures of attention during training."""

from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from ...layers.functional.tensor import TensorTree
from ..measures.entropy import entropy
from ..records.focus_record import FocusRecord
from .hooks import Adapter
from .recorder import record

# Function of weights (batch, heads, queries, keys) and mask to a value for each (batch, heads, queries).
Measure = Callable[[np.ndarray, np.ndarray | None], np.ndarray]


class FocusHistory(keras.callbacks.Callback):
    """Callback that measures the attention to the same examples during `fit`.

    The measures are computed before the first step, and then after every `frequency` epochs or batches.

    Args:
        inputs: the examples, as `record` takes them.
        measures: by name, functions of weights `(batch, heads, queries, keys)` and mask (or None) to a
            value, or NaN, for each row `(batch, heads, queries)`; entropy by default.
        frequency: the number of epochs or batches between two samples.
        unit: `"epoch"` or `"batch"`.
        batch_size: as in `record`.
        adapters: as in `record`.

    Attributes:
        steps: the number of completed epochs or batches at each sample, `(samples,)`.
        history: `history[measure][layer]` is `(samples, heads)`, the mean over the rows with a value; NaN
            without any. The second call of a layer is named `"name (2)"`.

    Raises:
        ValueError: if `frequency` is below 1 or the unit is unknown; during training, the errors of `record`
            and of the measures.

    Example:
        >>> inputs = keras.Input((3, 8))
        >>> attention = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4, name="attention")
        >>> model = keras.Model(inputs, keras.layers.Dense(1)(attention(inputs, inputs)))
        >>> model.compile(loss="mse")
        >>> history = FocusHistory(np.ones((2, 3, 8)))
        >>> _ = model.fit(np.ones((4, 3, 8)), np.ones((4, 3, 1)), epochs=2, verbose=0, callbacks=[history])
        >>> history.steps, history.history["entropy"]["attention"].shape
        ([0, 1, 2], (3, 2))
    """

    def __init__(
        self,
        inputs: TensorTree,
        measures: Mapping[str, Measure] | None = None,
        frequency: int = 1,
        unit: str = "epoch",
        batch_size: int = 32,
        adapters: Sequence[tuple[type, Adapter]] = (),
    ):
        super().__init__()
        if frequency < 1 or unit not in ("epoch", "batch"):
            raise ValueError(
                "`frequency` must be at least 1 and `unit` must be 'epoch' or 'batch'. "
                f"Received: frequency={frequency}, unit={unit!r}"
            )
        self.inputs = inputs
        self.measures = {"entropy": entropy} if measures is None else dict(measures)
        self.frequency = frequency
        self.unit = unit
        self.batch_size = batch_size
        self.adapters = adapters
        self.steps: list[int] = []
        self.history: dict[str, dict[str, np.ndarray]] = {name: {} for name in self.measures}
        self._num_completed = 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        if not self.steps:  # a second `fit` continues the history
            self._sample()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._advance("epoch")

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._advance("batch")

    def _advance(self, unit: str) -> None:
        if unit == self.unit:
            self._num_completed += 1
            if self._num_completed % self.frequency == 0:
                self._sample()

    def _sample(self) -> None:
        self.steps.append(self._num_completed)
        records = record(self.model, self.inputs, self.batch_size, self.adapters)
        for name, focus in _records_by_name(records).items():
            for measure, values in self.history.items():
                sample = _mean_per_head(self.measures[measure](focus.weights, focus.mask))[None]
                values[name] = np.concatenate([values[name], sample]) if name in values else sample


def _records_by_name(records: Sequence[FocusRecord]) -> dict[str, FocusRecord]:
    """Records by layer; further calls of a layer are numbered."""
    named: dict[str, FocusRecord] = {}
    for focus in records:
        calls = sum(previous.layer == focus.layer for previous in named.values())
        named[f"{focus.layer} ({calls + 1})" if calls else focus.layer] = focus
    return named


def _mean_per_head(values: np.ndarray) -> np.ndarray:
    """`(batch, heads, queries)` to `(heads,)`: the mean without NaN."""
    defined = ~np.isnan(values)
    count = defined.sum(axis=(0, 2))
    return np.where(defined, values, 0).sum(axis=(0, 2)) / np.where(count, count, np.nan)

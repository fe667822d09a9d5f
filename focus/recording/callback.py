"""What becomes of a model's focus while it learns."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from ..measures import entropy
from ..records.focus_record import FocusRecord
from .hooks import Adapter
from .recorder import record

# Of weights (batch, heads, queries, keys) and their mask, a value for each (batch, heads, queries).
Measure = Callable[[np.ndarray, np.ndarray | None], np.ndarray]


class FocusHistory(keras.callbacks.Callback):
    """Measures, again and again during `fit`, where a model looks in the same few examples.

    Sampled is before the first step, and then after every `frequency` epochs or batches.

    Args:
        inputs: the examples, as `record` takes them.
        measures: by name, functions of weights `(batch, heads, queries, keys)` and their mask (or None)
            that give a value, or NaN for none, to each row `(batch, heads, queries)`; entropy by default.
        frequency: after how many epochs or batches.
        unit: `"epoch"` or `"batch"`.
        batch_size, adapters: as in `record`.

    Attributes:
        steps: how many epochs or batches had passed, `(samples,)`.
        history: `history[measure][layer]` is `(samples, heads)`, the mean over the rows that have a value;
            NaN where none has. A layer that is called twice is there twice, then as `"name (2)"`.

    Raises:
        ValueError: if `frequency` is no whole number above 0 or the unit is unknown; while it runs, what `record`
            and the measures raise.

    Example:
        >>> inputs = keras.Input((3, 8))
        >>> attention = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4, name="look")
        >>> model = keras.Model(inputs, keras.layers.Dense(1)(attention(inputs, inputs)))
        >>> model.compile(loss="mse")
        >>> sampler = FocusHistory(np.ones((2, 3, 8)))
        >>> _ = model.fit(np.ones((4, 3, 8)), np.ones((4, 3, 1)), epochs=2, verbose=0, callbacks=[sampler])
        >>> sampler.steps, sampler.history["entropy"]["look"].shape
        ([0, 1, 2], (3, 2))
    """

    def __init__(
        self,
        inputs: Any,
        measures: Mapping[str, Measure] | None = None,
        frequency: int = 1,
        unit: str = "epoch",
        batch_size: int = 32,
        adapters: Sequence[tuple[type, Adapter]] = (),
    ):
        super().__init__()
        if frequency < 1 or unit not in ("epoch", "batch"):
            raise ValueError(
                "Expected to sample every 1 or more of unit 'epoch' or 'batch'. "
                f"Received: every={frequency}, unit={unit!r}."
            )
        self.inputs = inputs
        self.measures = {"entropy": entropy} if measures is None else dict(measures)
        self.frequency = frequency
        self.unit = unit
        self.batch_size = batch_size
        self.adapters = adapters
        self.steps: list[int] = []
        self.history: dict[str, dict[str, np.ndarray]] = {name: {} for name in self.measures}
        self._passed = 0

    def on_train_begin(self, logs: dict | None = None) -> None:
        if not self.steps:  # a `fit` that goes on does not begin again
            self._sample()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._pass("epoch")

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._pass("batch")

    def _pass(self, unit: str) -> None:
        if unit == self.unit:
            self._passed += 1
            if self._passed % self.frequency == 0:
                self._sample()

    def _sample(self) -> None:
        self.steps.append(self._passed)
        records = record(self.model, self.inputs, self.batch_size, self.adapters)
        for name, focus in _named(records).items():
            for measure, values in self.history.items():
                now = _of_heads(self.measures[measure](focus.weights, focus.mask))[None]
                values[name] = np.concatenate([values[name], now]) if name in values else now


def _named(records: Sequence[FocusRecord]) -> dict[str, FocusRecord]:
    """By layer; a second call of one has a number."""
    named: dict[str, FocusRecord] = {}
    for focus in records:
        calls = sum(other.layer == focus.layer for other in named.values())
        named[f"{focus.layer} ({calls + 1})" if calls else focus.layer] = focus
    return named


def _of_heads(values: np.ndarray) -> np.ndarray:
    """`(batch, heads, queries)` to `(heads,)`: the mean of those that are numbers."""
    known = ~np.isnan(values)
    count = known.sum(axis=(0, 2))
    return np.where(known, values, 0).sum(axis=(0, 2)) / np.where(count, count, np.nan)

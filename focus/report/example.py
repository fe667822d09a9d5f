"""An example of a report: an answer, what was looked at for it, and what is known of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..records.focus_record import FocusRecord, ImageAxis

MeasureTable = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class ReportExample:
    """An answer, and what each layer looked at when it was given.

    records: of the model's layers and of controls, each of this example alone (`FocusRecord.example`).
    title: in the list of examples, such as the text that was read.
    reference: what people wrote or chose.
    picture: `(height, width, 3)`, 0 to 255, where the keys are regions of one.
    gold: pairs `(key, query)` of the first record's axes that people say belong together.
    boxes: for a query the regions `(boxes, 4)` that people say it speaks of: top, left, bottom and right in
        pixels of the picture.
    numbers: measures of this example by name; each a number by whom it is of, such as
        `{"entropy": {"model": 1.2, "uniform": 3.1}}`.

    Raises:
        ValueError: without a record; where one is not of one example, has weights that are not finite or less
            than 0, labels for another number of queries or keys, or regions without a picture; where gold
            or boxes speak of other words, or a number is not finite.
    """

    records: Sequence[FocusRecord]
    title: str
    reference: str = ""
    picture: npt.ArrayLike | None = None
    gold: Collection[tuple[int, int]] = ()
    boxes: Mapping[int, npt.ArrayLike] = field(default_factory=dict)
    numbers: MeasureTable = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.records:
            raise ValueError(f"Expected at least one record of an example. Received none of {self.title!r}.")
        for record in self.records:
            _check_record(record, self.picture is not None)
        if self.picture is not None:
            _check_picture(np.asarray(self.picture))
        _check_gold(self.gold, self.boxes, self.records[0])
        validate_measures(self.numbers)


def validate_measures(numbers: MeasureTable) -> None:
    """Raise `ValueError` for a number that is not finite."""
    for name, values in numbers.items():
        for whose, value in values.items():
            if not np.isfinite(value):
                raise ValueError(f"Expected a finite number for {name!r} of {whose!r}. Received: {value}.")


def _check_record(record: FocusRecord, pictured: bool) -> None:
    if len(record) != 1 or record.weights.size == 0:
        raise ValueError(
            "Expected records of one example, see `FocusRecord.example`, with at least one head, query and "
            f"key. Received: weights {record.weights.shape} of {record.layer!r}."
        )
    weights, gate = record.weights, record.gate
    if not (np.isfinite(weights).all() and weights.min() >= 0):
        raise ValueError(f"Expected finite weights of at least 0. Received others of {record.layer!r}.")
    if gate is not None and not ((gate >= 0) & (gate <= 1)).all():
        raise ValueError(f"Expected a gate from 0 to 1. Received another of {record.layer!r}.")
    for name, axes, length in zip(
        ("queries", "keys"), (record.queries, record.keys), weights.shape[2:], strict=True
    ):
        if axes is not None and len(axes[0]) != length:
            raise ValueError(
                f"Expected a label for each of {length} {name} of {record.layer!r}. Received: {len(axes[0])}."
            )
    if record.queries is not None and isinstance(record.queries[0], ImageAxis):
        raise ValueError(f"Expected queries that are words. Received: regions of {record.layer!r}.")
    if not pictured and record.keys is not None and isinstance(record.keys[0], ImageAxis):
        raise ValueError(f"Expected a picture for the regions of {record.layer!r}. Received: none.")


def _check_picture(picture: np.ndarray) -> None:
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.size == 0 or not np.isfinite(picture).all():
        raise ValueError(f"Expected a finite picture of shape (height, width, 3). Received: {picture.shape}.")


def _check_gold(
    gold: Collection[tuple[int, int]], boxes: Mapping[int, npt.ArrayLike], record: FocusRecord
) -> None:
    rows, columns = record.weights.shape[2:]
    outside: list = [pair for pair in gold if not (0 <= pair[0] < columns and 0 <= pair[1] < rows)]
    outside += [index for index in boxes if not 0 <= index < rows]
    if outside:
        raise ValueError(
            f"Expected gold pairs (key, query) within {columns} keys and {rows} queries, and boxes of "
            f"those queries. Received: {outside}."
        )
    for index, found in boxes.items():
        if np.ndim(found) != 2 or np.shape(found)[1] != 4 or not np.isfinite(found).all():
            raise ValueError(
                f"Expected finite boxes of shape (boxes, 4) for query {index}. Received: {np.shape(found)}."
            )

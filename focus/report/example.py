"""Example of a report: its records, image, reference, gold annotation and measures."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..figures.pixels import image_pixels
from ..records.axes import ImageAxis
from ..records.focus_record import FocusRecord

MeasureTable = Mapping[str, Mapping[str, float]]
"""Values of measures by measure and model or baseline."""


@dataclass(frozen=True)
class ReportExample:
    """An example of a report: the focus records of one prediction, with gold annotation and measures.

    Args:
        records: Records of the model's layers and of baselines, each of this example alone, weights
            `(1, heads, queries, keys)`. See `FocusRecord.example`.
        title: Entry in the list of examples, such as the source text.
        reference: Human output, such as a reference translation or the gold label.
        image: Image `(height, width, 3)`, from 0 to 255, or floats from 0 to 1. Required if the keys are
            regions of an image.
        gold: Human alignments, pairs `(key, query)` of positions on the axes of the first record.
        boxes: Human region annotation, boxes `(boxes, 4)` for each annotated query position: top, left,
            bottom and right in pixels of the image.
        measures: Measures of this example, `{measure: {source of the attention: value}}`, such as
            `{"entropy": {"model": 1.2, "uniform": 3.1}}`.
        error: Error of the output: 0 if it is right, more where it is worse; `None` if it was not judged.
        error_name: Mark of an output with an error, such as `"wrong label"`.

    Raises:
        ValueError: If there is no record; if a record has more than one example, weights that are negative or
            not finite, a gate outside 0 to 1, labels for another number of queries or keys, or keys that are
            regions without an image; if the image has another shape; if `gold` or `boxes` lie outside the
            axes; if the error is negative; or if a measure is not finite.

    Example:
        >>> record = FocusRecord("cross", np.full((1, 2, 3, 4), 0.25))
        >>> ReportExample([record], "o gato preto", gold={(1, 2)}, measures={"gate": {"model": 0.5}}).title
        'o gato preto'
    """

    records: Sequence[FocusRecord]
    title: str
    reference: str = ""
    image: npt.ArrayLike | None = None
    gold: Collection[tuple[int, int]] = ()
    boxes: Mapping[int, npt.ArrayLike] = field(default_factory=dict)
    measures: MeasureTable = field(default_factory=dict)
    error: float | None = None
    error_name: str = "wrong"

    def __post_init__(self) -> None:
        if not self.records:
            raise ValueError(
                f"`records` must hold at least one record. Received: records=[] of example {self.title!r}."
            )
        for record in self.records:
            _check_record(record, self.image is not None)
        if self.image is not None:
            image_pixels(self.image)
        if self.error is not None and not 0 <= self.error < np.inf:
            raise ValueError(f"`error` must be finite and at least 0. Received: error={self.error}.")
        _check_gold(self.gold, self.boxes, self.records[0])
        validate_measures(self.measures)


def validate_measures(measures: MeasureTable) -> None:
    """Raise `ValueError` if a measure is not finite."""
    for name, values in measures.items():
        for source, value in values.items():
            if not np.isfinite(value):
                raise ValueError(
                    f"`measures` must be finite. Received: measures[{name!r}][{source!r}]={value}."
                )


def _check_record(record: FocusRecord, has_image: bool) -> None:
    weights, gate = record.weights, record.gate
    if len(record) != 1 or weights.size == 0:
        raise ValueError(
            "`records` must hold one example each, with at least one head, query and key. See "
            f"`FocusRecord.example`. Received: weights of shape {weights.shape} of {record.layer!r}."
        )
    if not (np.isfinite(weights).all() and weights.min() >= 0):
        raise ValueError(
            "`records` must have finite weights of at least 0. "
            f"Received: weights from {weights.min()} to {weights.max()} of {record.layer!r}."
        )
    if gate is not None and not ((gate >= 0) & (gate <= 1)).all():
        raise ValueError(
            "`records` must have gates from 0 to 1. "
            f"Received: gates from {gate.min()} to {gate.max()} of {record.layer!r}."
        )
    _check_axes(record, has_image)


def _check_axes(record: FocusRecord, has_image: bool) -> None:
    rows, columns = record.weights.shape[2:]
    for name, axes, length in (("queries", record.queries, rows), ("keys", record.keys, columns)):
        if axes is not None and len(axes[0]) != length:
            raise ValueError(
                f"`records` must have one label for each of {length} {name}. "
                f"Received: {len(axes[0])} labels of {record.layer!r}."
            )
    if not has_image and record.keys is not None and isinstance(record.keys[0], ImageAxis):
        raise ValueError(
            "`image` must be given for keys that are image regions. "
            f"Received: image=None for {record.layer!r}."
        )


def _check_gold(
    gold: Collection[tuple[int, int]], boxes: Mapping[int, npt.ArrayLike], record: FocusRecord
) -> None:
    rows, columns = record.weights.shape[2:]
    outside: list = [pair for pair in gold if not (0 <= pair[0] < columns and 0 <= pair[1] < rows)]
    outside += [query for query in boxes if not 0 <= query < rows]
    if outside:
        raise ValueError(
            f"`gold` must be pairs (key, query) within {columns} keys and {rows} queries, and `boxes` must "
            f"belong to these queries. Received: {outside}."
        )
    for query, regions in boxes.items():
        if np.ndim(regions) != 2 or np.shape(regions)[1] != 4 or not np.isfinite(regions).all():
            raise ValueError(
                "`boxes` must be finite arrays of shape (boxes, 4). "
                f"Received: boxes[{query}] of shape {np.shape(regions)}."
            )

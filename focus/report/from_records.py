"""Reports from focus records, and from a model in one call."""

from collections.abc import Collection, Sequence
from typing import Any

import keras
import numpy.typing as npt

from ...layers.functional.tensor import TensorTree
from ..recording.recorder import record
from ..records.axes import ImageAxis, TextAxis
from ..records.focus_record import FocusRecord
from .builder import build_report
from .example import ReportExample
from .report_page import ReportPage


def report_examples(
    records: Sequence[FocusRecord],
    images: Sequence[npt.ArrayLike] | npt.ArrayLike | None = None,
    references: Sequence[str] | None = None,
    gold: Sequence[Collection[tuple[int, int]]] | None = None,
    errors: Sequence[float] | None = None,
) -> list[ReportExample]:
    """Build a report example for each example of a batch of records.

    Args:
        records: Records of all layers, as `record`, `load_records` and `records_from_signature` return them.
        images: Image of each example, if keys are regions; see `ReportExample`, also for the following.
        references: Human output for each example, such as its gold label.
        gold: Human alignments of each example, pairs `(key, query)` of positions in the first record.
        errors: Error of the output of each example, 0 if it is right.

    Returns:
        The examples, titled by their texts.

    Raises:
        ValueError: If there is no record, the records or the other arguments do not have the same number of
            examples, or a record is none that a report can show, see `ReportExample`.

    Example:
        >>> focus = FocusRecord("attention", np.full((2, 1, 2, 2), 0.5))
        >>> tokens = [["a", "cat"], ["two", "dogs"]]
        >>> [example.title for example in report_examples([focus.with_labels(tokens, tokens)])]
        ['a cat', 'two dogs']
    """
    details = {"image": images, "reference": references, "gold": gold, "error": errors}
    given = {name: list(values) for name, values in details.items() if values is not None}  # pyright: ignore
    sizes = {f"record of {focus.layer!r}": len(focus) for focus in records}
    sizes |= {f"`{name}`": len(values) for name, values in given.items()}
    if not records or len(set(sizes.values())) > 1:
        raise ValueError(
            "`records` must hold at least one record, all of the same number of examples, which the other "
            f"arguments have too. Received: numbers of examples {sizes}."
        )
    return [
        ReportExample(
            [focus.example(index) for focus in records],
            _title(records[0], index),
            **{name: values[index] for name, values in given.items()},
        )
        for index in range(len(records[0]))
    ]


def report_model(
    model: keras.layers.Layer,
    inputs: TensorTree,
    labels: Any = None,
    images: Sequence[npt.ArrayLike] | npt.ArrayLike | None = None,
    title: str | None = None,
    layers: Collection[str] | None = None,
    heads: Sequence[int] | None = None,
    queries: range | None = None,
    keys: range | None = None,
) -> ReportPage:
    """Record a model and build the report of its attention.

    The page has all layers, heads, queries and keys, as long as its weights take less than 20 MB. For long
    inputs select some of them.

    Args:
        model: A Keras model or layer.
        inputs: Arrays as `model.predict` takes them; each example becomes one of the page.
        labels: For each example its tokens or its axis, see `record`; positions are numbered without labels.
        images: Image of each example, if the labels are `ImageAxis`; `inputs` when `None`.
        title: Title of the page; the name of the model when `None`.
        layers: Names of the layers to show, as in the records; all when `None`.
        heads: Positions of the heads to show, see `build_report`, also for the following.
        queries: Positions of the queries to show, such as `range(100, 200)`.
        keys: The same for the keys.

    Returns:
        The HTML page, see `build_report`.

    Raises:
        ValueError: If no layer has one of the names; the errors of `record`, `report_examples` and
            `build_report`.

    Example:
        >>> tokens = keras.Input((3,), dtype="int32")
        >>> embedded = keras.layers.Embedding(20, 8, mask_zero=True)(tokens)
        >>> model = keras.Model(tokens, keras.layers.MultiHeadAttention(2, 4)(embedded, embedded))
        >>> page = report_model(model, np.array([[5, 7, 2], [3, 9, 0]]), [["a", "big", "cat"], ["a", "dog"]])
        >>> page[:15]
        '<!DOCTYPE html>'
    """
    records = record(model, inputs, labels=labels)
    if layers is not None:
        records = _select_layers(records, layers)
    has_regions = any(focus.keys and isinstance(focus.keys[0], ImageAxis) for focus in records)
    if images is None and has_regions:
        images = next((x for x in keras.tree.flatten(inputs) if x.ndim == 4), None)
    title = model.name if title is None else title
    return build_report(report_examples(records, images), title, heads=heads, queries=queries, keys=keys)


def _select_layers(records: Sequence[FocusRecord], layers: Collection[str]) -> list[FocusRecord]:
    names = [focus.layer for focus in records]
    if not layers or not set(layers) <= set(names):
        raise ValueError(f"`layers` must be names of the layers {names}. Received: layers={layers}")
    return [focus for focus in records if focus.layer in layers]


def _title(focus: FocusRecord, index: int) -> str:
    """The text of the keys or of the queries, or the number of the example."""
    axes = (side[index] for side in (focus.keys, focus.queries) if side)
    texts = (axis.text or " ".join(axis.labels) for axis in axes if isinstance(axis, TextAxis))
    return next(filter(str.strip, texts), f"example {index + 1}")

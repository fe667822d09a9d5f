"""Encoding of report examples as JSON values, which the viewer in the browser decodes."""

import base64
import io
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from ..figures.pixels import image_pixels
from ..figures.style import escape_unprintable
from ..records.axes import Axis, ImageAxis, TextAxis
from ..records.focus_record import GATE_LEGENDS, SENTINEL_THRESHOLD, FocusRecord, describe_heads
from .example import MeasureTable, ReportExample
from .gold_disagreement import gold_disagreement
from .opening import opening_query
from .window import Window, select_windows

MAX_IMAGE_SIZE = 480  # pixels of the longer side


def encode_examples(
    examples: Sequence[ReportExample],
    heads: Sequence[int] | None = None,
    queries: range | None = None,
    keys: range | None = None,
) -> list[dict]:
    """Encode examples for the viewer: titles, measures and layers, a byte for each weight.

    Args:
        examples: examples of a page.
        heads: positions of the heads that the page shows, see `build_report`, also for the following.
        queries: positions of the queries.
        keys: positions of the keys.

    Returns:
        JSON values, an object for each example.

    Raises:
        ValueError: if a head, query or key does not exist.

    Example:
        >>> focus = FocusRecord("attention", np.full((1, 2, 3, 4), 0.25))
        >>> [example] = encode_examples([ReportExample([focus], "o gato")])
        >>> example["title"], example["layers"][0]["headNames"]
        ('o gato', ['head 1', 'head 2'])
    """
    records = [record for example in examples for record in example.records]
    windows = iter(select_windows(records, heads, queries, keys))
    return [_encode_example(example, windows) for example in examples]


def round_measures(measures: MeasureTable) -> dict:
    """Round measures to six digits."""
    return {
        name: {source: float(f"{value:.6g}") for source, value in values.items()}
        for name, values in measures.items()
    }


def _encode_example(example: ReportExample, windows: Iterator[Window]) -> dict:
    disagreement = gold_disagreement(example)
    return {
        "title": escape_unprintable(example.title),
        "reference": escape_unprintable(example.reference) if example.reference else "",
        "image": None if example.image is None else _encode_image(image_pixels(example.image)),
        "error": None if example.error is None else float(f"{example.error:.4g}"),
        "errorName": escape_unprintable(example.error_name),
        "disagreement": None if disagreement is None else round(disagreement, 4),
        "measures": round_measures(example.measures),
        "layers": [_encode_layer(example, record, next(windows)) for record in example.records],
    }


def _encode_layer(example: ReportExample, record: FocusRecord, window: Window) -> dict:
    """Encode a record with the gold annotation, if it has the axes of the first record."""
    queries, keys = _encode_axes(record)
    first_queries, first_keys = _encode_axes(example.records[0])
    first_query, first_key = window.queries.start, window.keys.start
    gold, boxes = [], {}
    if queries == first_queries:
        boxes = {
            int(query) - first_query: np.asarray(regions).tolist()
            for query, regions in example.boxes.items()
            if query in window.queries
        }
        if keys == first_keys:
            gold = [
                [int(key) - first_key, int(query) - first_query]
                for key, query in example.gold
                if key in window.keys and query in window.queries
            ]
    annotated = {first_query + query for query in [*boxes, *(query for _, query in gold)]}
    axis = record.queries[0] if record.queries else None
    return {
        "queries": _crop_axis(queries, window.queries),
        "keys": _crop_axis(keys, window.keys),
        "isSelfAttention": queries == keys,
        "gold": gold,
        "boxes": boxes,
        "opening": opening_query(axis, annotated or window.queries) - first_query,
        "window": window.note,
        **_encode_record(record, window),
    }


def _encode_record(record: FocusRecord, window: Window) -> dict:
    """Encode each row of weights as bytes, 255 for the maximum of the row, and the maxima as numbers."""
    rows, columns = (slice(positions.start, positions.stop) for positions in (window.queries, window.keys))
    num_heads, heads = record.weights.shape[1], list(window.heads)
    weights = record.weights[0, heads, rows, columns].astype(float)
    maxima = weights.max(axis=-1, keepdims=True)
    shares = np.rint(255 * weights / np.where(maxima > 0, maxima, 1)).astype(np.uint8)
    return {
        "name": escape_unprintable(record.layer),
        "heads": len(heads),
        "headNames": [describe_heads(num_heads, head) for head in heads],
        "meanName": _describe_mean(num_heads, heads),
        "weights": base64.b64encode(shares.tobytes()).decode(),
        "maxima": [float(f"{value:.6g}") for value in maxima.ravel()],
        "gateEnds": GATE_LEGENDS[record.gate_kind],
        "memoryThreshold": _memory_threshold(record),
        "gate": None
        if record.gate is None
        else np.round(record.gate[0, heads, rows], 4).astype(float).tolist(),
    }


def _describe_mean(num_heads: int, heads: Sequence[int]) -> str:
    if len(heads) == 1:
        return describe_heads(num_heads, heads[0])
    return (
        describe_heads(num_heads) if len(heads) == num_heads else f"mean of {len(heads)} of {num_heads} heads"
    )


def _memory_threshold(record: FocusRecord) -> float | None:
    """Return the gate above which a query is marked; None without a sentinel, and for a label of no text."""
    axis = record.queries[0] if record.queries else None
    is_label = isinstance(axis, TextAxis) and not np.ptp(axis.offsets, axis=1).any()
    return None if record.gate is None or record.gate_kind != "sentinel" or is_label else SENTINEL_THRESHOLD


def _encode_axes(record: FocusRecord) -> tuple[dict, dict]:
    num_queries, num_keys = record.weights.shape[2:]
    return (
        _encode_axis(record.queries[0] if record.queries else None, num_queries),
        _encode_axis(record.keys[0] if record.keys else None, num_keys),
    )


def _crop_axis(axis: dict, positions: range) -> dict:
    sequences = axis.keys() & {"labels", "spaced", "boxes"}
    return axis | {name: axis[name][positions.start : positions.stop] for name in sequences}


def _encode_axis(axis: Axis | None, length: int) -> dict:
    """Encode labels, with the spaces between words or the boxes of regions and the size of their image."""
    if axis is None:
        return {"labels": [str(index + 1) for index in range(length)], "spaced": [True] * length}
    if isinstance(axis, ImageAxis):
        boxes = np.asarray(axis.boxes, float).tolist()
        return {"labels": axis.labels, "boxes": boxes, "size": axis.size, "spaced": [True] * length}
    return {"labels": [escape_unprintable(label) for label in axis.labels], "spaced": _is_spaced(axis)}


def _is_spaced(axis: TextAxis) -> list[bool]:
    """Return for each label whether a space precedes it. Labels of no bytes always have one."""
    starts, ends = np.asarray(axis.offsets).reshape(-1, 2).T
    has_bytes = ends > starts
    adjacent = has_bytes[1:] & has_bytes[:-1] & (starts[1:] <= ends[:-1])
    return [True, *np.logical_not(adjacent).tolist()]


def _encode_image(pixels: np.ndarray) -> dict:
    """Encode a thumbnail as a JPEG data URI, with the size of the original image."""
    image, file = Image.fromarray(pixels), io.BytesIO()
    image.thumbnail((MAX_IMAGE_SIZE, MAX_IMAGE_SIZE))
    image.save(file, "JPEG", quality=85)
    uri = "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
    return {"uri": uri, "height": pixels.shape[0], "width": pixels.shape[1]}

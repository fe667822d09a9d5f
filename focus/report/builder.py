"""Builder of the self-contained HTML report of attention."""

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import jinja2
import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex
from PIL import Image

from ..figures.pixels import image_pixels
from ..figures.style import ATTENTION_COLORMAP, escape_unprintable
from ..records.axes import Axis, ImageAxis, TextAxis
from ..records.focus_record import GATE_LEGENDS, SENTINEL_THRESHOLD, FocusRecord, describe_heads
from .example import MeasureTable, ReportExample, validate_measures
from .gold_disagreement import gold_disagreement
from .opening import opening_example, opening_query
from .report_page import ReportPage
from .window import Window, select_windows

# On a dark background a high weight is light. Equal steps of attention are again equal steps of lightness.
DARK_COLORMAP = LinearSegmentedColormap.from_list(
    "dark attention", ["#1e222a", "#254060", "#186198", "#0085c9", "#43aaeb", "#90cdf6", "#d9eefc"]
)
NUM_COLORS = 65  # in each colour scale
MAX_IMAGE_SIZE = 480  # pixels of the longer side
PAGE = Path(__file__).parent / "page"
SCRIPTS = ("attention", "examples", "render", "selection", "events")


def build_report(
    examples: Sequence[ReportExample],
    title: str,
    measures: MeasureTable | None = None,
    notes: Mapping[str, str] | None = None,
    heads: Sequence[int] | None = None,
    queries: range | None = None,
    keys: range | None = None,
) -> ReportPage:
    """Build a self-contained HTML page of attention, which works in any browser without a network.

    The reader selects an example, a layer and a head. For each query the page shows the attended keys, in the
    text or in the image, and for each key the queries that attend to it. It also shows the gate, the gold
    annotation, and the measures of the model beside those of baselines. Outputs with an error are marked, and
    so are words that are written from memory, by a sentinel gate above one half.
    Examples can be sorted and filtered by their error and by the share of attention outside of the gold.

    Args:
        examples: At least one example. The page opens with the first example with gold annotation, the layer
            of its first record, the mean of the heads, and the longest word, of those with gold if there are
            any.
        title: Title of the page, such as the names of the model and the dataset.
        measures: Measures over all examples, in the form of `ReportExample.measures`.
        notes: Explanation of each measure, by its name: one sentence that says what its ends mean.
        heads: Positions of the heads that the page shows, counted from 0; all when `None`.
        queries: Positions of the queries that the page shows, such as `range(100, 200)`; all when `None`.
        keys: The same for the keys.

    Returns:
        The HTML page, a string; `page.save("focus.html")` writes it. It holds one byte for each weight, so
        that twenty sentences take less than a megabyte. A weight differs from that of the record by at most
        1/510 of the highest weight of its query. The weights take less than 20 MB: where more is selected,
        the page shows the first queries of each layer, and says so.

    Raises:
        ValueError: If there is no example, a measure is not finite, or a head, query or key does not exist.

    Example:
        >>> words = TextAxis(["o", "gato"], np.array([[0, 1], [2, 6]]), "o gato")
        >>> record = FocusRecord("attention", np.eye(2)[None, None], queries=[words], keys=[words])
        >>> page = build_report([ReportExample([record], "o gato")], "A translator")
        >>> page[:15]
        '<!DOCTYPE html>'
    """
    if not examples:
        raise ValueError("`examples` must hold at least one example. Received: examples=[].")
    validate_measures(measures or {})
    records = [record for example in examples for record in example.records]
    windows = iter(select_windows(records, heads, queries, keys))
    data = {
        "examples": [_encode_example(example, windows) for example in examples],
        "opening": opening_example(examples),
        "measures": _round_measures(measures or {}),
        "notes": dict(notes or {}),
        "scales": {"light": _color_scale(ATTENTION_COLORMAP), "dark": _color_scale(DARK_COLORMAP)},
    }
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    templates.policies["json.dumps_kwargs"] = {"separators": (",", ":")}  # the default sorts the keys
    css = (PAGE / "page.css").read_text("utf-8")
    js = "\n".join((PAGE / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    page = templates.get_template("page.html")
    return ReportPage(page.render(title=escape_unprintable(title), data=data, css=css, js=js))


def _encode_example(example: ReportExample, windows: Iterator[Window]) -> dict:
    disagreement = gold_disagreement(example)
    return {
        "title": escape_unprintable(example.title),
        "reference": escape_unprintable(example.reference) if example.reference else "",
        "image": None if example.image is None else _encode_image(image_pixels(example.image)),
        "error": None if example.error is None else float(f"{example.error:.4g}"),
        "errorName": escape_unprintable(example.error_name),
        "disagreement": None if disagreement is None else round(disagreement, 4),
        "measures": _round_measures(example.measures),
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


def _round_measures(measures: MeasureTable) -> dict:
    return {
        name: {source: float(f"{value:.6g}") for source, value in values.items()}
        for name, values in measures.items()
    }


def _color_scale(colormap: Colormap) -> list[list[str]]:
    """Return background colours from zero to maximum attention, each with a readable text colour."""
    rgb = colormap(np.linspace(0, 1, NUM_COLORS))[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    # White and black have the same contrast where (1 + .05) / (l + .05) = (l + .05) / .05 (WCAG 2).
    text_colors = np.where(luminance > 0.05 * (np.sqrt(21) - 1), "#000000", "#ffffff")
    return [[to_hex(color), text_color] for color, text_color in zip(rgb, text_colors, strict=True)]

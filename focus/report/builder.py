"""One self-contained page of examples: choose a word, and see what it looked at."""

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2
import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex
from PIL import Image

from ..figures.alignment import ATTENTION_COLORMAP, escape_unprintable
from ..records.focus_record import Axis, FocusRecord, ImageAxis, TextAxis
from .example import MeasureTable, ReportExample, validate_measures

# On a dark ground much attention is light; again equal steps of it are equal steps of lightness.
DARK_COLORMAP = LinearSegmentedColormap.from_list(
    "attention at night", ["#1e222a", "#254060", "#186198", "#0085c9", "#43aaeb", "#90cdf6", "#d9eefc"]
)
NUM_COLORS = 65  # colours of each scale
LONGEST = 480  # pixels of a picture's longer side
PAGE = Path(__file__).parent / "page"
SCRIPTS = ("weights", "drawing", "showing", "choosing")


def report(
    examples: Sequence[ReportExample],
    title: str,
    numbers: MeasureTable | None = None,
    notes: Mapping[str, str] | None = None,
) -> str:
    """A page that shows where a model looked, to be opened in any browser, without a network.

    It lets one choose an example, layer and head, and shows for each word what it looked at, in the text
    or in the picture, what looked at it, the gate, what people marked, and the measures beside those of
    controls.

    Args:
        examples: at least one. The layer of the first record is shown first.
        title: what model and data this is about.
        numbers: measures of all examples together, as in `ReportExample.numbers`.
        notes: what a measure means and which way is better, a sentence by its name.

    Returns:
        The page, HTML; a byte for each weight, so that twenty sentences take less than a megabyte.

    Raises:
        ValueError: where there is no example, or a number is not finite.

    Example:
        >>> words = TextAxis(["o", "gato"], np.array([[0, 1], [2, 6]]), "o gato")
        >>> looked = FocusRecord("attention", np.eye(2)[None, None], queries=[words], keys=[words])
        >>> page = report([ReportExample([looked], "o gato")], "A translator")
        >>> page[:15]
        '<!DOCTYPE html>'
    """
    if not examples:
        raise ValueError("Expected at least one example. Received none.")
    validate_measures(numbers or {})
    data = {
        "examples": [_example(example) for example in examples],
        "numbers": _plain(numbers or {}),
        "notes": dict(notes or {}),
        "scales": {
            name: _scale(colours)
            for name, colours in (("light", ATTENTION_COLORMAP), ("dark", DARK_COLORMAP))
        },
    }
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    templates.policies["json.dumps_kwargs"] = {"separators": (",", ":")}  # in the order that was given
    css = (PAGE / "page.css").read_text("utf-8")
    js = "\n".join((PAGE / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    return templates.get_template("page.html").render(
        title=escape_unprintable(title), data=data, css=css, js=js
    )


def _example(example: ReportExample) -> dict:
    first, *others = [_record(record) for record in example.records]
    same = [first["queries"], first["keys"]]
    marked = [[int(key), int(query)] for key, query in example.gold]
    boxes = {int(index): np.asarray(found).tolist() for index, found in example.boxes.items()}
    for layer in (first, *others):
        layer["gold"] = marked if same == [layer["queries"], layer["keys"]] else []
        layer["boxes"] = boxes if same[0] == layer["queries"] else {}
    return {
        "title": escape_unprintable(example.title),
        "reference": escape_unprintable(example.reference) if example.reference else "",
        "picture": None if example.picture is None else _picture(np.asarray(example.picture)),
        "numbers": _plain(example.numbers),
        "layers": [first, *others],
    }


def _record(record: FocusRecord) -> dict:
    """Each row of weights as bytes, in shares of its largest, which stands beside them."""
    weights = record.weights[0].astype(float)
    heads, rows, columns = weights.shape
    largest = weights.max(axis=-1, keepdims=True)
    shares = np.rint(255 * weights / np.where(largest > 0, largest, 1)).astype(np.uint8)
    return {
        "name": escape_unprintable(record.layer),
        "heads": heads,
        "queries": _axis(record.queries[0] if record.queries else None, rows),
        "keys": _axis(record.keys[0] if record.keys else None, columns),
        "weights": base64.b64encode(shares.tobytes()).decode(),
        "largest": [float(f"{value:.4g}") for value in largest.ravel()],
        "gate": None if record.gate is None else np.round(record.gate[0], 4).astype(float).tolist(),
    }


def _axis(axis: Axis | None, length: int) -> dict:
    """Labels; of words also whether a space stands before each, of regions their boxes and size."""
    if axis is None:
        return {"labels": [str(index + 1) for index in range(length)], "spaced": [True] * length}
    if isinstance(axis, ImageAxis):
        return {"labels": _cells(axis), "boxes": np.asarray(axis.boxes, float).tolist(), "size": axis.size}
    return {"labels": [escape_unprintable(label) for label in axis.labels], "spaced": _spaced(axis)}


def _spaced(axis: TextAxis) -> list[bool]:
    """Whether a label does not touch the one before it; one without bytes never does."""
    starts, ends = np.asarray(axis.offsets).reshape(-1, 2).T
    placed = ends > starts
    touches = placed[1:] & placed[:-1] & (starts[1:] <= ends[:-1])
    return [True, *np.logical_not(touches).tolist()]


def _cells(axis: ImageAxis) -> list[str]:
    """The name of each region: its row and column where they are a grid."""
    boxes = np.asarray(axis.boxes)
    tops, rows = np.unique(boxes[:, 0], return_inverse=True)
    lefts, columns = np.unique(boxes[:, 1], return_inverse=True)
    if len(tops) * len(lefts) != len(boxes):
        return [f"region {index + 1}" for index in range(len(boxes))]
    return [f"row {row + 1}, column {column + 1}" for row, column in zip(rows, columns, strict=True)]


def _picture(pixels: np.ndarray) -> dict:
    """A small JPEG that is part of the page, and the size that the picture had."""
    image, file = Image.fromarray(pixels.astype(np.uint8)), io.BytesIO()
    image.thumbnail((LONGEST, LONGEST))
    image.save(file, "JPEG", quality=85)
    uri = "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
    return {"uri": uri, "height": pixels.shape[0], "width": pixels.shape[1]}


def _plain(numbers: MeasureTable) -> dict:
    return {
        name: {who: float(f"{value:.6g}") for who, value in values.items()}
        for name, values in numbers.items()
    }


def _scale(colours: Colormap) -> list[list[str]]:
    """From no attention to the most: colours, each with that of the letters that can be read on it."""
    rgb = colours(np.linspace(0, 1, NUM_COLORS))[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    # White and black have the same contrast where (1 + .05) / (l + .05) = (l + .05) / .05 (WCAG 2).
    inks = np.where(luminance > 0.05 * (np.sqrt(21) - 1), "#000000", "#ffffff")
    return [[to_hex(colour), ink] for colour, ink in zip(rgb, inks, strict=True)]

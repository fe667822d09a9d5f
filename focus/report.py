"""One self-contained page of examples: choose a word, and see what it looked at."""

import base64
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
import numpy as np
import numpy.typing as npt
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex
from PIL import Image

from .figures import COLOURS, visible
from .focus_record import Axis, FocusRecord, ImageAxis, TextAxis

# On a dark ground much attention is light; again equal steps of it are equal steps of lightness.
NIGHT = LinearSegmentedColormap.from_list(
    "attention at night", ["#1e222a", "#254060", "#186198", "#0085c9", "#43aaeb", "#90cdf6", "#d9eefc"]
)
STEPS = 65  # colours of each scale
LONGEST = 480  # pixels of a picture's longer side
PAGE = Path(__file__).parent / "page"

Numbers = Mapping[str, Mapping[str, float]]


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
    numbers: Numbers = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.records:
            raise ValueError(f"Expected at least one record of an example. Received none of {self.title!r}.")
        for record in self.records:
            _check_record(record, self.picture is not None)
        rows, columns = self.records[0].weights.shape[2:]
        outside = [pair for pair in self.gold if not (0 <= pair[0] < columns and 0 <= pair[1] < rows)]
        outside += [place for place in self.boxes if not 0 <= place < rows]
        if outside:
            raise ValueError(
                f"Expected gold pairs (key, query) within {columns} keys and {rows} queries, and boxes of "
                f"those queries. Received: {outside}."
            )
        if self.picture is not None and (np.ndim(self.picture) != 3 or np.shape(self.picture)[2] != 3):
            raise ValueError(
                f"Expected a picture of shape (height, width, 3). Received: {np.shape(self.picture)}."
            )
        _check_numbers(self.numbers)
        for place, boxes in self.boxes.items():
            if np.ndim(boxes) != 2 or np.shape(boxes)[1] != 4 or not np.isfinite(boxes).all():
                raise ValueError(
                    f"Expected finite boxes of shape (boxes, 4) for query {place}. "
                    f"Received: {np.shape(boxes)}."
                )


def report(
    examples: Sequence[ReportExample],
    title: str,
    numbers: Numbers | None = None,
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
    _check_numbers(numbers or {})
    data = {
        "examples": [_example(example) for example in examples],
        "numbers": _plain(numbers or {}),
        "notes": dict(notes or {}),
        "scales": {name: _scale(colours) for name, colours in (("light", COLOURS), ("dark", NIGHT))},
    }
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    templates.policies["json.dumps_kwargs"] = {"separators": (",", ":")}  # in the order that was given
    parts = {name: (PAGE / f"page.{name}").read_text("utf-8") for name in ("css", "js")}
    return templates.get_template("page.html").render(title=visible(title), data=data, **parts)


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


def _check_numbers(numbers: Numbers) -> None:
    for name, values in numbers.items():
        for whose, value in values.items():
            if not np.isfinite(value):
                raise ValueError(f"Expected a finite number for {name!r} of {whose!r}. Received: {value}.")


def _example(example: ReportExample) -> dict:
    first, *others = [_record(record) for record in example.records]
    same = [first["queries"], first["keys"]]
    marked = [[int(key), int(query)] for key, query in example.gold]
    boxes = {int(place): np.asarray(found).tolist() for place, found in example.boxes.items()}
    for layer in (first, *others):
        layer["gold"] = marked if same == [layer["queries"], layer["keys"]] else []
        layer["boxes"] = boxes if same[0] == layer["queries"] else {}
    return {
        "title": visible(example.title),
        "reference": visible(example.reference) if example.reference else "",
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
        "name": visible(record.layer),
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
        return {"labels": [str(place + 1) for place in range(length)], "spaced": [True] * length}
    if isinstance(axis, ImageAxis):
        return {"labels": _cells(axis), "boxes": np.asarray(axis.boxes, float).tolist(), "size": axis.size}
    return {"labels": [visible(label) for label in axis.labels], "spaced": _spaced(axis)}


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
        return [f"region {place + 1}" for place in range(len(boxes))]
    return [f"row {row + 1}, column {column + 1}" for row, column in zip(rows, columns, strict=True)]


def _picture(pixels: np.ndarray) -> dict:
    """A small JPEG that is part of the page, and the size that the picture had."""
    image, file = Image.fromarray(pixels.astype(np.uint8)), io.BytesIO()
    image.thumbnail((LONGEST, LONGEST))
    image.save(file, "JPEG", quality=85)
    uri = "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
    return {"uri": uri, "height": pixels.shape[0], "width": pixels.shape[1]}


def _plain(numbers: Numbers) -> dict:
    return {
        name: {who: float(f"{value:.6g}") for who, value in values.items()}
        for name, values in numbers.items()
    }


def _scale(colours: Colormap) -> list[list[str]]:
    """From no attention to the most: colours, each with that of the letters that can be read on it."""
    rgb = colours(np.linspace(0, 1, STEPS))[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    # White and black have the same contrast where (1 + .05) / (l + .05) = (l + .05) / .05 (WCAG 2).
    inks = np.where(luminance > 0.05 * (np.sqrt(21) - 1), "#000000", "#ffffff")
    return [[to_hex(colour), ink] for colour, ink in zip(rgb, inks, strict=True)]

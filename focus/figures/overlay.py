"""Attention over an image, one panel for each generated word (Xu et al. 2015, figure 2)."""

import textwrap
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from ..records.axes import ImageAxis
from ..records.focus_record import FocusRecord, is_from_sentinel
from .notebook_figure import NotebookFigure
from .pixels import image_pixels
from .record_map import map_label, numbers, record_map
from .style import (
    GATE_COLOR,
    MEMORY_COLOR,
    TEXT_COLOR,
    TRACK_COLOR,
    escape_unprintable,
    gate_legend,
    mark_memory,
    text_style,
)
from .text_direction import is_right_to_left

NUM_COLUMNS = 5
PANEL_WIDTH = 1.9  # inches
HEAT_COLOR = np.array([255, 0, 128])  # rare in photographs; the image shows through it
MAX_OPACITY = 0.8  # of the colour over a region with the maximum weight


def overlay_figure(
    image: npt.ArrayLike,
    attention: FocusRecord | npt.ArrayLike,
    words: Sequence[str] | None = None,
    gate: npt.ArrayLike | None = None,
    label: str | None = None,
    *,
    index: int = 0,
    head: int | None = None,
) -> Figure:
    """Draw the image once for each word, under a colour whose opacity is the attention weight.

    Where the weight is zero the image is unchanged. Opacity is relative to the maximum weight of the word,
    and interpolated between the cell centres. The gate, a bar below each panel, says how much the word
    depends on attention at all: the colour of a sentinel gate `g` has the strength `1 - g`. A word that is
    written from memory, by a gate above one half, has its title in italics and its image in pale grey.

    Args:
        image: Image, shape `(height, width, 3)`, from 0 to 255, or floats from 0 to 1.
        attention: A record, whose keys are the cells of a grid (an `ImageAxis`), or attention weights, shape
            `(words, rows, columns)`, over a grid that covers the image.
        words: Words of the caption; the queries of the record, or numbers, when `None`.
        gate: Gate of each word, shape `(words,)`, from 0 (attention alone) to 1 (sentinel alone); that of the
            record when `None`.
        label: Legend of the weights, such as `"attention, mean of 4 heads"`; that of the record when `None`.
        index: Index of the example in the batch of the record.
        head: Index of the head of the record; the mean of the heads when `None`.

    Returns:
        A matplotlib `Figure`. The first panel is the unchanged image; it stands at the right for a Hebrew
        or Arabic caption.

    Raises:
        ValueError: If the shapes of `image`, `attention`, `words` and `gate` do not match, the keys of the
            record are not a grid, or the record has no such example or head.

    Example:
        >>> figure = overlay_figure(np.full((20, 30, 3), 200), np.ones((2, 4, 5)), ["a", "dog"], [0.9, 0.1])
        >>> [axes.get_title() for axes in figure.axes]
        ['', 'a', 'dog']

    Reference:
        Xu et al. 2015, Show, Attend and Tell.
    """
    selected = record_map(attention, index, head)
    gate_kind = "sentinel" if selected is None else selected.gate_kind
    if selected is not None and isinstance(attention, FocusRecord):
        gate, label = selected.gate if gate is None else gate, label or map_label(selected)
        words = selected.queries if words is None else words
        attention = selected.weights.reshape(-1, *_grid_shape(attention, index))
    pixels, weights = image_pixels(image), np.asarray(attention, dtype=float)
    gates = None if gate is None else np.asarray(gate, dtype=float)
    words = numbers(len(weights) if weights.ndim else 0) if words is None else words
    _check_shapes(weights, words, gates)
    num_panels = len(words) + 1
    columns = min(NUM_COLUMNS, num_panels)
    rows = -(-num_panels // columns)
    height = PANEL_WIDTH * pixels.shape[0] / pixels.shape[1]
    figure = NotebookFigure(
        figsize=(columns * PANEL_WIDTH, rows * (height + 0.6) + 0.3),
        layout=ConstrainedLayoutEngine(h_pad=0.08),
        dpi=150,
    )
    grid = figure.subplots(rows, columns, squeeze=False)
    panels = (grid[:, ::-1] if is_right_to_left(words) else grid).ravel()
    for unused in panels[num_panels:]:
        unused.remove()
    _draw_panel(panels[0], pixels, "")
    sentinel = gates if gate_kind == "sentinel" else None
    strengths = np.ones(len(words)) if sentinel is None else 1 - sentinel
    is_sentinel = np.broadcast_to(is_from_sentinel(sentinel), len(words))
    for index, word in enumerate(words):
        opacity = strengths[index] * _opacity(weights[index], pixels.shape[:2])[..., None]
        base = _pale_grey(pixels) if is_sentinel[index] else pixels
        colored = np.rint(base * (1 - opacity) + HEAT_COLOR * opacity).astype(np.uint8)
        _draw_panel(panels[index + 1], colored, escape_unprintable(word))
        if gates is not None:
            _draw_gate_bar(panels[index + 1], gates[index], is_sentinel[index])
    mark_memory([axes.title for axes in panels[1:num_panels]], is_sentinel)
    legend = f"{label or 'attention'}, 0 to the maximum of each word"
    legend += "" if sentinel is None else ", times 1 - gate"
    mark = "grey image" if is_sentinel.any() else ""
    legend += "" if gates is None else f"\n{gate_legend(gate_kind, mark)}"
    lines = [textwrap.fill(line, 24 * columns) for line in legend.splitlines()]
    figure.supxlabel("\n".join(lines), fontsize=7, color=TEXT_COLOR)
    return figure


def _grid_shape(record: FocusRecord, index: int) -> tuple[int, int]:
    """Return the rows and columns of the keys of an example."""
    keys = record.keys[index] if record.keys else None
    shape = keys.grid_shape if isinstance(keys, ImageAxis) else None
    if shape is None:
        raise ValueError(
            "The keys of the record must be a grid of regions: `record.with_labels(keys=[ImageAxis.from_grid("
            f"rows, columns, size)])`. Received: keys={keys!r:.80} of {record.layer!r}."
        )
    return shape


def _check_shapes(attention: np.ndarray, words: Sequence[str], gate: np.ndarray | None) -> None:
    if attention.ndim != 3 or len(attention) != len(words) or attention.size == 0:
        raise ValueError(
            "`attention` must have shape (words, rows, columns), for at least one word. "
            f"Received: attention.shape={attention.shape}, {len(words)} words."
        )
    if gate is not None and gate.shape != (len(words),):
        raise ValueError(
            f"`gate` must have shape (words,), ({len(words)},). Received: gate.shape={gate.shape}."
        )


def _opacity(weights: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the opacity `(height, width)`, from 0 to `MAX_OPACITY`, linear between cell centres."""
    for axis, length in enumerate(size):
        cells = weights.shape[axis]
        positions = (np.arange(length) + 0.5) / length * cells - 0.5
        low = np.clip(np.floor(positions).astype(int), 0, cells - 1)
        high = np.minimum(low + 1, cells - 1)
        fraction = np.clip(positions - low, 0, 1).reshape([-1 if axis == i else 1 for i in (0, 1)])
        weights = weights.take(low, axis) * (1 - fraction) + weights.take(high, axis) * fraction
    return MAX_OPACITY * weights / (weights.max() or 1)


def _pale_grey(pixels: np.ndarray) -> np.ndarray:
    """Return the image without its colours, half as far from white."""
    luma = pixels @ [0.299, 0.587, 0.114]
    return np.repeat((luma[..., None] + 255) / 2, 3, axis=-1)


def _draw_panel(axes: Axes, image: np.ndarray, title: str) -> None:
    axes.imshow(image)
    axes.set_title(title, **text_style(10))
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _draw_gate_bar(axes: Axes, gate: float, is_sentinel: bool) -> None:
    bar = axes.inset_axes((0, -0.07, 1, 0.04))
    bar.barh([0, 0], [1, gate], color=[TRACK_COLOR, GATE_COLOR])
    bar.set(xlim=(0, 1))
    bar.set_axis_off()
    axes.set_xlabel(
        f"gate {gate:.2f}, from memory" if is_sentinel else f"gate {gate:.2f}",
        fontsize=7,
        color=MEMORY_COLOR if is_sentinel else TEXT_COLOR,
        labelpad=12,
    )

"""Grid of attention maps, one for each head of each layer (Vig 2019, model view)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..records.axes import Axis, TextAxis
from ..records.focus_record import FocusRecord
from .notebook_figure import NotebookFigure
from .style import (
    ATTENTION_COLORMAP,
    TEXT_COLOR,
    TRACK_COLOR,
    escape_unprintable,
    style_colorbar,
    text_style,
)
from .text_direction import is_right_to_left

PANEL_SIZE, MAX_PANEL_SIZE = 1.15, 2.6  # inches
LABEL_SIZE = 0.1  # inches of a labelled token along an axis
MAX_NAME_LENGTH = 24  # characters; a longer layer name keeps its end
MAX_TOKEN_LENGTH = 12  # characters; a longer token keeps its start


def head_grid_figure(records: FocusRecord | Sequence[FocusRecord], index: int = 0) -> Figure:
    """Draw the attention map of every head: one row for each layer, one column for each head.

    Queries run down and keys across, labelled by their tokens; of a long text every second token is labelled,
    or fewer. All maps share one colour scale, from 0 to the maximum weight, so that equal colours are equal
    weights.

    Args:
        records: Records of the layers, in the order of the rows, or the record of one layer.
        index: Index of the example in the batch.

    Returns:
        A matplotlib `Figure`. `figure.savefig("heads.png")` writes it.

    Raises:
        ValueError: If there is no record, `index` is out of range, or weights are empty or not finite.

    Example:
        >>> weights = np.random.default_rng(0).dirichlet(np.ones(3), (1, 4, 2))
        >>> focus = FocusRecord("decoder", weights).with_labels([["the", "cat"]], [["o", "gato", "[END]"]])
        >>> figure = head_grid_figure(focus)
        >>> len(figure.axes)  # 4 heads, and the colour bar
        5
        >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
        ['the', 'cat']

    Reference:
        Vig 2019, A Multiscale Visualization of Attention in the Transformer Model, the model view.
    """
    records = [records] if isinstance(records, FocusRecord) else records
    if not records:
        raise ValueError("`records` must hold at least one record. Received: records=[].")
    examples = [_select_example(record, index) for record in records]
    layers = [example.weights[0].astype(float) for example in examples]
    columns = max(len(heads) for heads in layers)
    max_weight = max(heads.max() for heads in layers) or 1
    sizes = [_panel_size(example) for example in examples]
    width, height = max(width for width, _ in sizes), sum(height for _, height in sizes)
    size = (columns * width + 1.6, height + len(layers) * 0.28 + 0.8)
    figure = NotebookFigure(figsize=size, layout="constrained", dpi=150)
    ratios = [height for _, height in sizes]
    grid = figure.subplots(len(layers), columns, squeeze=False, height_ratios=ratios)
    panels = []
    for position, (row, example, heads) in enumerate(zip(grid, examples, layers, strict=True)):
        row_panels = _draw_layer(row, example.layer, heads, max_weight)
        below = examples[position + 1] if position + 1 < len(examples) else None
        _label_tokens(row_panels, example, below)
        panels += row_panels
    colorbar = figure.colorbar(panels[0].images[0], ax=panels, shrink=min(1.0, 2.0 / len(layers)), aspect=20)
    style_colorbar(colorbar, "attention", 8)
    return figure


def _select_example(record: FocusRecord, index: int) -> FocusRecord:
    """Return one example, checked."""
    example = record.example(index)
    if example.weights.size == 0 or not np.isfinite(example.weights).all():
        raise ValueError(
            "`records` must hold finite weights of at least one head, query and key. "
            f"Received: weights of shape {example.weights.shape[1:]} of {record.layer!r}."
        )
    return example


def _panel_size(example: FocusRecord) -> tuple[float, float]:
    """Return the width and height of a panel, with room for labels, in inches."""
    width, height = (
        float(np.clip(LABEL_SIZE * len(_labels(axes)), PANEL_SIZE, MAX_PANEL_SIZE))
        for axes in (example.keys, example.queries)
    )
    return width, height


def _draw_layer(row: Sequence[Axes], name: str, heads: np.ndarray, max_weight: float) -> list[Axes]:
    """Draw the heads of a layer into a row of the grid. Return the panels that are used."""
    panels = list(row[: len(heads)])
    for unused in row[len(heads) :]:
        unused.remove()
    for head, (axes, weights) in enumerate(zip(panels, heads, strict=True)):
        axes.imshow(
            weights, cmap=ATTENTION_COLORMAP, vmin=0, vmax=max_weight, aspect="auto", interpolation="nearest"
        )
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_color(TRACK_COLOR)
        axes.set_title(f"head {head + 1}", fontsize=7, color=TEXT_COLOR, pad=3)
    name = escape_unprintable(name)
    panels[0].set_ylabel(
        name if len(name) <= MAX_NAME_LENGTH else "…" + name[1 - MAX_NAME_LENGTH :], **text_style(7)
    )
    return panels


def _label_tokens(panels: Sequence[Axes], example: FocusRecord, below: FocusRecord | None) -> None:
    """Label the queries left of the first panel, and the keys below each that no panel below it repeats."""
    style = text_style(5)
    step, labels = _spread(_labels(example.queries))
    panels[0].set_yticks(range(0, step * len(labels), step), labels, **style)
    step, labels = _spread(_labels(example.keys))
    is_repeated = below is not None and _labels(below.keys) == _labels(example.keys)
    for position, axes in enumerate(panels):
        axes.tick_params(length=0, pad=1.5)
        if is_right_to_left(labels):
            axes.invert_xaxis()
        if not is_repeated or below is None or position >= below.weights.shape[1]:
            axes.set_xticks(range(0, step * len(labels), step), labels, rotation=90, **style)


def _labels(axes: Sequence[Axis] | None) -> list[str]:
    """Return the tokens of an axis; none for regions of an image or without labels."""
    return list(axes[0].labels) if axes and isinstance(axes[0], TextAxis) else []


def _spread(labels: Sequence[str]) -> tuple[int, list[str]]:
    """Return the step between the labels that have room, and these labels."""
    step = max(1, -(-len(labels) // int(MAX_PANEL_SIZE / LABEL_SIZE)))
    shown = [escape_unprintable(label) for label in labels[::step]]
    return step, [
        text if len(text) <= MAX_TOKEN_LENGTH else text[: MAX_TOKEN_LENGTH - 1] + "…" for text in shown
    ]

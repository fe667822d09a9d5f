"""Grid of attention maps, one for each head of each layer (Vig 2019, model view)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..records.focus_record import FocusRecord
from .style import (
    ATTENTION_COLORMAP,
    TEXT_COLOR,
    TRACK_COLOR,
    escape_unprintable,
    style_colorbar,
    text_style,
)

PANEL_SIZE = 1.15  # inches
MAX_NAME_LENGTH = 24  # characters; a longer layer name keeps its end


def head_grid_figure(records: Sequence[FocusRecord], index: int = 0) -> Figure:
    """Draw the attention map of every head: one row for each layer, one column for each head.

    Queries run down and keys across. All maps share one colour scale, from 0 to the maximum weight, so that
    equal colours are equal weights.

    Args:
        records: Records of the layers, in the order of the rows.
        index: Index of the example in the batch.

    Returns:
        A matplotlib `Figure`. `figure.savefig("heads.png")` writes it.

    Raises:
        ValueError: If there is no record, `index` is out of range, or weights are empty or not finite.

    Example:
        >>> weights = np.random.default_rng(0).dirichlet(np.ones(5), (1, 4, 3))
        >>> layers = [FocusRecord("encoder", weights), FocusRecord("decoder", weights[:, :2])]
        >>> figure = head_grid_figure(layers)
        >>> len(figure.axes)  # 4 and 2 heads, and the colour bar
        7

    Reference: Vig 2019, A Multiscale Visualization of Attention in the Transformer Model, the model view.
    """
    if not records:
        raise ValueError("`records` must hold at least one record. Received: records=[].")
    layers = [_example_weights(record, index) for record in records]
    columns = max(len(heads) for heads in layers)
    max_weight = max(heads.max() for heads in layers) or 1
    size = (columns * PANEL_SIZE + 1.1, len(layers) * (PANEL_SIZE + 0.28) + 0.3)
    figure = Figure(figsize=size, layout="constrained", dpi=150)
    grid = figure.subplots(len(layers), columns, squeeze=False)
    panels = []
    for row, record, heads in zip(grid, records, layers, strict=True):
        panels += _draw_layer(row, record.layer, heads, max_weight)
    colorbar = figure.colorbar(panels[0].images[0], ax=panels, shrink=min(1.0, 2.0 / len(layers)), aspect=20)
    style_colorbar(colorbar, "attention", 8)
    return figure


def _example_weights(record: FocusRecord, index: int) -> np.ndarray:
    """Return the weights `(heads, queries, keys)` of one example."""
    if not -len(record) <= index < len(record):
        raise ValueError(
            f"`index` must be that of one of the {len(record)} examples of {record.layer!r}. "
            f"Received: index={index}."
        )
    weights = record.example(index).weights[0].astype(float)
    if weights.size == 0 or not np.isfinite(weights).all():
        raise ValueError(
            "`records` must hold finite weights of at least one head, query and key. "
            f"Received: weights of shape {weights.shape} of {record.layer!r}."
        )
    return weights


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

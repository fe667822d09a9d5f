"""A small map for every head of every layer, in one figure."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..records.focus_record import FocusRecord
from .alignment import ATTENTION_COLORMAP, TEXT_COLOR, TRACK_COLOR, escape_unprintable, installed_fonts

PANEL = 1.15  # inches
LONGEST = 24  # letters of a layer's name that are drawn; of a longer one the last


def head_grid_figure(records: Sequence[FocusRecord], index: int = 0) -> Figure:
    """Every head of every layer as a small heat map: a row for each layer, a column for each head.

    Queries run down and keys across. Colours are those of one scale, from 0 to the highest weight of all,
    so that what is dark in one map is as much as what is dark in another.

    Args:
        records: of the layers, in the order in which they are drawn.
        index: of the example in its batch.

    Returns:
        A matplotlib `Figure`; `figure.savefig("heads.png")` writes it.

    Raises:
        ValueError: without a record, for an example that is not there, or weights that are not finite.

    Example:
        >>> weights = np.random.default_rng(0).dirichlet(np.ones(5), (1, 4, 3))
        >>> layers = [FocusRecord("encoder", weights), FocusRecord("decoder", weights[:, :2])]
        >>> figure = head_grid_figure(layers)
        >>> len(figure.axes)
        7

    Reference: Vig 2019, A Multiscale Visualization of Attention in the Transformer Model, the model view.
    """
    if not records:
        raise ValueError("Expected at least one record. Received none.")
    maps = [_weights(record, index) for record in records]
    columns = max(len(heads) for heads in maps)
    largest = max(heads.max(initial=0) for heads in maps) or 1
    figure = Figure(
        figsize=(columns * PANEL + 1.1, len(maps) * (PANEL + 0.28) + 0.3), layout="constrained", dpi=150
    )
    rows = figure.subplots(len(maps), columns, squeeze=False)
    for axes, record, heads in zip(rows, records, maps, strict=True):
        for spare in axes[len(heads) :]:
            spare.remove()
        for head, (one, weights) in enumerate(zip(axes, heads, strict=False)):
            _map(one, weights, largest)
            one.set_title(f"head {head + 1}", fontsize=7, color=TEXT_COLOR, pad=3)
        name = escape_unprintable(record.layer)
        name = name if len(name) <= LONGEST else "…" + name[1 - LONGEST :]
        axes[0].set_ylabel(name, fontsize=7, color=TEXT_COLOR, fontfamily=installed_fonts(), parse_math=False)
    shown = [axes for row, heads in zip(rows, maps, strict=True) for axes in row[: len(heads)]]
    bar = figure.colorbar(shown[0].images[0], ax=shown, shrink=min(1.0, 2.0 / len(maps)), aspect=20)
    bar.set_label("attention", fontsize=8, color=TEXT_COLOR)
    bar.ax.tick_params(labelsize=7, length=0, labelcolor=TEXT_COLOR)
    bar.outline.set_visible(False)
    return figure


def _weights(record: FocusRecord, index: int) -> np.ndarray:
    """The heads' maps `(heads, queries, keys)` of one example."""
    if not -len(record) <= index < len(record):
        raise ValueError(f"Expected one of {len(record)} examples of {record.layer!r}. Received: {index}.")
    weights = record.example(index).weights[0].astype(float)
    if weights.size == 0 or not np.isfinite(weights).all():
        raise ValueError(
            f"Expected finite weights, at least one. Received {weights.shape} of {record.layer!r}."
        )
    return weights


def _map(axes: Axes, weights: np.ndarray, largest: float) -> None:
    axes.imshow(
        weights, cmap=ATTENTION_COLORMAP, vmin=0, vmax=largest, aspect="auto", interpolation="nearest"
    )
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color(TRACK_COLOR)

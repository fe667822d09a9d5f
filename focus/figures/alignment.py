"""Figures of attention."""

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import get_font_names
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

# The first comes with matplotlib; the others are asked, where installed, for what it cannot write.
FONTS = ("DejaVu Sans", "Noto Sans", "Noto Sans CJK JP", "Noto Sans Arabic", "Arial Unicode MS")
# Equal steps of attention are equal steps of lightness (CIELAB), and none at all is nearly white.
ATTENTION_COLORMAP = LinearSegmentedColormap.from_list(
    "attention", ["#f8fbfe", "#b9d8f0", "#77b5e3", "#3991d0", "#0e6cb2", "#1e4785", "#1b2655"]
)
TEXT_COLOR, GOLD, GATE, TRACK_COLOR = "#3b3b46", "#f28e2b", "#2a9d8f", "#ececf0"


def alignment_figure(
    attention: npt.ArrayLike,
    source_tokens: Sequence[str],
    target_tokens: Sequence[str],
    gate: npt.ArrayLike | None = None,
    gold: Collection[tuple[int, int]] | None = None,
) -> Figure:
    """Heat map of where a model looked in the source for each word of the target.

    Args:
        attention: weights `(target, source)`.
        source_tokens: labels of the columns.
        target_tokens: labels of the rows.
        gate: `(target,)` from 0 to 1, drawn as bars: how much each word came from what was already
            written, and not from the source.
        gold: pairs `(source, target)` that people aligned; these cells are outlined.

    Returns:
        A matplotlib `Figure`; `figure.savefig("focus.png")` writes it.

    Raises:
        ValueError: where shapes and labels do not fit together.

    Example:
        >>> figure = alignment_figure(np.eye(2), ["o", "gato"], ["the", "cat"], gate=[0.9, 0.1])
    """
    weights = np.asarray(attention, dtype=float)
    gates = None if gate is None else np.asarray(gate, dtype=float)
    _check_shapes(weights, source_tokens, target_tokens, gates)
    rows, columns = weights.shape
    font = float(np.interp(max(rows, columns), (15, 60), (10, 7)))
    cell = 2.6 * font / 72  # inches
    width, height = columns * cell, rows * cell
    left, top = (0.6 * font / 72 * max(map(len, t)) for t in (target_tokens, source_tokens))
    figure = Figure(
        figsize=(width + left + 2.0, max(height, 0.9) + 0.7 * top + 0.6),
        layout="constrained",
        dpi=150,
    )
    bars = [] if gates is None else [0.5 / width]
    axes = figure.subplots(1, 2 + len(bars), width_ratios=[1, *bars, 0.12 / width])
    image = _heat_map(axes[0], weights, source_tokens, target_tokens, font)
    if gold is not None:
        _outline(axes[0], gold, font)
    if gates is not None:
        _gate_bars(axes[1], gates, font)
    _colour_bar(figure, image, axes[-1], font)
    return figure


def _check_shapes(
    attention: np.ndarray,
    source_tokens: Sequence[str],
    target_tokens: Sequence[str],
    gate: np.ndarray | None,
) -> None:
    labelled = (len(target_tokens), len(source_tokens))
    if attention.shape != labelled or attention.size == 0:
        raise ValueError(
            "Expected weights of shape (target, source), one row and column for each label, at "
            f"least one of both. Received: weights {attention.shape}, labels {labelled}."
        )
    if gate is not None and gate.shape != labelled[:1]:
        raise ValueError(f"Expected a gate for each target word, {labelled[:1]}. Received: {gate.shape}.")


def _heat_map(
    axes: Axes,
    attention: np.ndarray,
    source_tokens: Sequence[str],
    target_tokens: Sequence[str],
    font: float,
) -> AxesImage:
    rows, columns = attention.shape
    image = axes.imshow(attention, cmap=ATTENTION_COLORMAP, vmin=0, vmax=attention.max() or 1, aspect="auto")
    text = {"fontsize": font, "color": TEXT_COLOR, "fontfamily": installed_fonts(), "parse_math": False}
    upright = {"rotation": 45, "ha": "left", "rotation_mode": "anchor"}
    axes.set_xticks(range(columns), [escape_unprintable(t) for t in source_tokens], **text, **upright)
    axes.set_yticks(range(rows), [escape_unprintable(t) for t in target_tokens], **text)
    axes.xaxis.tick_top()
    axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=0.8)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    return image


def _outline(axes: Axes, gold: Collection[tuple[int, int]], font: float) -> None:
    line = {"fill": False, "edgecolor": GOLD, "linewidth": 1.8}
    for source, target in gold:
        corner = (source - 0.44, target - 0.44)
        axes.add_patch(Rectangle(corner, 0.88, 0.88, **line))
    below = {"loc": "upper left", "bbox_to_anchor": (0, 0), "frameon": False, "borderpad": 0.2}
    key = Rectangle((0, 0), 1, 1, **line, label="gold alignment")
    axes.legend(handles=[key], fontsize=font - 1, labelcolor=TEXT_COLOR, handlelength=1.2, **below)


def _gate_bars(axes: Axes, gate: np.ndarray, font: float) -> None:
    rows = np.arange(len(gate))
    axes.barh(rows, np.ones_like(gate), height=0.5, color=TRACK_COLOR)
    axes.barh(rows, gate, height=0.5, color=GATE)
    axes.set(xlim=(0, 1), ylim=(len(gate) - 0.5, -0.5), yticks=[], xticks=[0, 1])
    axes.set_title("gate", fontsize=font, color=TEXT_COLOR)
    axes.tick_params(length=0, labelsize=font - 2, labelcolor=TEXT_COLOR)
    axes.spines[:].set_visible(False)


def _colour_bar(figure: Figure, image: AxesImage, axes: Axes, font: float) -> None:
    bar = figure.colorbar(image, cax=axes)
    bar.set_label("attention", fontsize=font, color=TEXT_COLOR)
    bar.ax.tick_params(labelsize=font - 2, length=0, labelcolor=TEXT_COLOR)
    bar.outline.set_visible(False)


def installed_fonts() -> list[str]:
    installed = set(get_font_names())
    return [name for name in FONTS if name in installed]


def escape_unprintable(token: str) -> str:
    """The token with what does not print written as an escape; a blank one in quotes."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in token)
    return shown if shown.strip() else repr(shown)

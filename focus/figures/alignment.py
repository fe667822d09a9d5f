"""Heat map of target-to-source attention (Bahdanau et al. 2015, figure 3)."""

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from ..records.focus_record import FocusRecord, is_from_sentinel
from .notebook_figure import NotebookFigure
from .record_map import map_label, numbers, record_map
from .style import (
    ATTENTION_COLORMAP,
    GATE_COLOR,
    GOLD_COLOR,
    TEXT_COLOR,
    TRACK_COLOR,
    escape_unprintable,
    gate_legend,
    mark_memory,
    style_colorbar,
    text_style,
)
from .text_direction import is_right_to_left


def alignment_figure(
    attention: FocusRecord | npt.ArrayLike,
    source_tokens: Sequence[str] | None = None,
    target_tokens: Sequence[str] | None = None,
    gate: npt.ArrayLike | None = None,
    gold: Collection[tuple[int, int]] | None = None,
    label: str | None = None,
    *,
    index: int = 0,
    head: int | None = None,
) -> Figure:
    """Draw target-to-source attention as a heat map, with optional gates and gold alignments.

    Columns are in reading order: the first token of a Hebrew or Arabic source stands at the right. Target
    tokens that are written from memory, by a sentinel gate above one half, are in italics.

    Args:
        attention: A record, whose keys are the source and whose queries are the target, or attention weights,
            shape `(target, source)`.
        source_tokens: Labels of the columns; those of the record, or numbers, when `None`.
        target_tokens: Labels of the rows; those of the record, or numbers, when `None`.
        gate: Gate of each target token, shape `(target,)`, from 0 to 1, drawn as bars; that of the record
            when `None`. 0: the token depends on the source alone. 1: it depends on the sentinel (the previous
            target tokens) alone.
        gold: Human alignments, pairs `(source, target)`. Their cells are outlined.
        label: Legend of the weights, such as `"attention, mean of 4 heads"`; that of the record when `None`.
        index: Index of the example in the batch of the record.
        head: Index of the head of the record; the mean of the heads when `None`.

    Returns:
        A matplotlib `Figure`. `figure.savefig("attention.png")` writes it.

    Raises:
        ValueError: If the shapes of `attention`, the tokens and `gate` do not match, there is no token, or
            the record has no such example or head.

    Example:
        >>> figure = alignment_figure(np.eye(2), ["o", "gato"], ["the", "cat"], gate=[0.9, 0.1])
        >>> len(figure.axes)  # heat map, gate, colour bar
        3

    Reference:
        Bahdanau et al. 2015, Neural Machine Translation by Jointly Learning to Align and Translate.
    """
    selected = record_map(attention, index, head)
    gate_kind = "sentinel" if selected is None else selected.gate_kind
    if selected is not None:
        attention, label = selected.weights, label or map_label(selected)
        gate = selected.gate if gate is None else gate
        source_tokens = selected.keys if source_tokens is None else source_tokens
        target_tokens = selected.queries if target_tokens is None else target_tokens
    weights = np.asarray(attention, dtype=float)
    gates = None if gate is None else np.asarray(gate, dtype=float)
    rows, columns = weights.shape if weights.ndim == 2 else (0, 0)
    source_tokens = numbers(columns) if source_tokens is None else source_tokens
    target_tokens = numbers(rows) if target_tokens is None else target_tokens
    _check_shapes(weights, source_tokens, target_tokens, gates)
    font_size = float(np.interp(max(rows, columns), (15, 60), (10, 7)))
    cell_size = 2.6 * font_size / 72  # inches
    width, height = columns * cell_size, rows * cell_size
    left, top = (0.6 * font_size / 72 * max(map(len, tokens)) for tokens in (target_tokens, source_tokens))
    figure = NotebookFigure(
        figsize=(width + left + 2.0, max(height, 0.9) + 0.7 * top + 0.6),
        layout="constrained",
        dpi=150,
    )
    gate_width = [] if gates is None else [0.5 / width]
    axes = figure.subplots(1, 2 + len(gate_width), width_ratios=[1, *gate_width, 0.12 / width])
    image = _draw_heat_map(axes[0], weights, source_tokens, target_tokens, font_size)
    if gold is not None:
        _outline_gold(axes[0], gold, font_size)
    if gates is not None:
        _draw_gate_bars(axes[1], gates, font_size)
        is_sentinel = is_from_sentinel(gates, gate_kind)
        mark_memory(axes[0].get_yticklabels(), is_sentinel)
        legend = gate_legend(gate_kind, "italic" if is_sentinel.any() else "")
        figure.supxlabel(legend, fontsize=font_size - 2, color=TEXT_COLOR)
    style_colorbar(figure.colorbar(image, cax=axes[-1]), label or "attention", font_size)
    return figure


def _check_shapes(
    attention: np.ndarray,
    source_tokens: Sequence[str],
    target_tokens: Sequence[str],
    gate: np.ndarray | None,
) -> None:
    shape = (len(target_tokens), len(source_tokens))
    if attention.shape != shape or attention.size == 0:
        raise ValueError(
            "`attention` must have shape (target, source), with one row for each of at least one target "
            "token and one column for each of at least one source token. Received: "
            f"attention.shape={attention.shape}, {shape[0]} target tokens, {shape[1]} source tokens."
        )
    if gate is not None and gate.shape != shape[:1]:
        raise ValueError(f"`gate` must have shape (target,), {shape[:1]}. Received: gate.shape={gate.shape}.")


def _draw_heat_map(
    axes: Axes,
    attention: np.ndarray,
    source_tokens: Sequence[str],
    target_tokens: Sequence[str],
    font_size: float,
) -> AxesImage:
    rows, columns = attention.shape
    image = axes.imshow(attention, cmap=ATTENTION_COLORMAP, vmin=0, vmax=attention.max() or 1, aspect="auto")
    style = text_style(font_size)
    slanted = {"rotation": 45, "ha": "left", "rotation_mode": "anchor"}
    axes.set_xticks(
        range(columns), [escape_unprintable(token) for token in source_tokens], **style, **slanted
    )
    axes.set_yticks(range(rows), [escape_unprintable(token) for token in target_tokens], **style)
    axes.xaxis.tick_top()
    if is_right_to_left(source_tokens):
        axes.invert_xaxis()
    axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=0.8)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    return image


def _outline_gold(axes: Axes, gold: Collection[tuple[int, int]], font_size: float) -> None:
    line = {"fill": False, "edgecolor": GOLD_COLOR, "linewidth": 1.8}
    for source, target in gold:
        axes.add_patch(Rectangle((source - 0.44, target - 0.44), 0.88, 0.88, **line))
    below = {"loc": "upper left", "bbox_to_anchor": (0, 0), "frameon": False, "borderpad": 0.2}
    handle = Rectangle((0, 0), 1, 1, **line, label="gold alignment")
    axes.legend(handles=[handle], fontsize=font_size - 1, labelcolor=TEXT_COLOR, handlelength=1.2, **below)


def _draw_gate_bars(axes: Axes, gate: np.ndarray, font_size: float) -> None:
    rows = np.arange(len(gate))
    axes.barh(rows, np.ones_like(gate), height=0.5, color=TRACK_COLOR)
    axes.barh(rows, gate, height=0.5, color=GATE_COLOR)
    axes.set(xlim=(0, 1), ylim=(len(gate) - 0.5, -0.5), yticks=[], xticks=[0, 1])
    axes.set_title("gate", fontsize=font_size, color=TEXT_COLOR)
    axes.tick_params(length=0, labelsize=font_size - 2, labelcolor=TEXT_COLOR)
    axes.spines[:].set_visible(False)

"""Curve of the sentinel gate over a sentence (Lu et al. 2017, figure 5)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from ..records.focus_record import GATE_LEGENDS, FocusRecord, is_from_sentinel
from .notebook_figure import NotebookFigure
from .record_map import record_map
from .style import (
    GATE_COLOR,
    TEXT_COLOR,
    add_legend,
    escape_unprintable,
    mark_memory,
    memory_legend,
    style_axes,
    text_style,
)
from .text_direction import is_right_to_left

WORD_WIDTH = 0.55  # inches


def gate_figure(
    words: FocusRecord | Sequence[str], gate: npt.ArrayLike | None = None, *, index: int = 0
) -> Figure:
    """Draw the gate of each generated word as a curve.

    Words that are written from memory, by a sentinel gate above one half, are in italics.
    Words are in reading order: the first word of a Hebrew or Arabic text stands at the right.

    Args:
        words: A record with a gate, whose queries are the words, or the generated words, in order.
        gate: Gate of each word, shape `(words,)` or `(heads, words)`, from 0 (attention alone) to 1 (sentinel
            alone); that of the record when `None`. Heads are thin lines, and their mean is a thick one.
        index: Index of the example in the batch of the record.

    Returns:
        A matplotlib `Figure`. `figure.savefig("gate.png")` writes it.

    Raises:
        ValueError: If there is no word or no gate, the shapes do not match, or a gate is not from 0 to 1.

    Example:
        >>> figure = gate_figure(["a", "red", "kite"], [[0.8, 0.1, 0.3], [0.9, 0.2, 0.1]])
        >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
        ['a', 'red', 'kite']

    Reference:
        Lu et al. 2017, Knowing When to Look, figure 5.
    """
    selected = record_map(words, index, None)
    gate_kind = "sentinel" if selected is None else selected.gate_kind
    low, high = GATE_LEGENDS[gate_kind]
    if selected is not None and isinstance(words, FocusRecord):
        gates = words.example(index).gate
        gate = gate if gate is not None or gates is None else gates[0]
        words = selected.queries
    labels = list(words)  # pyright: ignore[reportArgumentType]
    if gate is None:
        raise ValueError("`gate` must be given, by a record with a gate or as an array. Received: gate=None.")
    heads = np.atleast_2d(np.asarray(gate, dtype=float))
    _check_gate(labels, heads, np.shape(gate))
    figure = NotebookFigure(
        figsize=(max(3.0, len(labels) * WORD_WIDTH + 1.6), 2.4), layout="constrained", dpi=150
    )
    axes = figure.subplots()
    positions, mean = np.arange(len(labels)), heads.mean(axis=0)
    if len(heads) > 1:
        axes.plot(positions, heads.T, color=GATE_COLOR, linewidth=0.8, alpha=0.4)
    axes.fill_between(positions, mean, color=GATE_COLOR, alpha=0.12, linewidth=0)
    (line,) = axes.plot(positions, mean, color=GATE_COLOR, linewidth=2, marker="o", markersize=4.5)
    if len(heads) > 1:
        add_legend(figure, {f"mean of {len(heads)} heads": line}, loc="outside upper right")
    style_axes(axes)
    axes.set_ylim(0, 1.04)
    axes.set_yticks([0, 0.5, 1], [f"0: {low}", "0.5", f"1: {high}"])
    axes.set_ylabel("gate", fontsize=9, color=TEXT_COLOR)
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(positions, [escape_unprintable(word) for word in labels], **text_style(9), **slanted)
    is_sentinel = is_from_sentinel(mean, gate_kind)
    mark_memory(axes.get_xticklabels(), is_sentinel)
    if is_sentinel.any():
        figure.supxlabel(memory_legend("italic"), fontsize=7, color=TEXT_COLOR)
    if is_right_to_left(labels):
        axes.invert_xaxis()
    return figure


def _check_gate(words: Sequence[str], heads: np.ndarray, shape: tuple[int, ...]) -> None:
    if not len(words) or heads.ndim != 2 or heads.shape[1] != len(words):
        raise ValueError(
            "`gate` must have shape (words,) or (heads, words), for at least one word. "
            f"Received: {len(words)} words, gate.shape={shape}."
        )
    invalid = heads[~((heads >= 0) & (heads <= 1))]
    if invalid.size:
        raise ValueError(f"`gate` must be from 0 to 1. Received: {invalid[0]}.")

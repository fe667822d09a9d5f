"""The gate along a sentence: which words were looked up, and which were already known."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from .alignment import GATE, TEXT_COLOR, TRACK_COLOR, escape_unprintable, installed_fonts

WORD = 0.55  # inches


def gate_figure(words: Sequence[str], gate: npt.ArrayLike) -> Figure:
    """The gate of each word that was written, as a curve from word to word.

    Args:
        words: that were written, in their order.
        gate: `(words,)` or, of each head, `(heads, words)`, from 0 (only looked) to 1 (relied on what was
            already written). Heads are thin lines, their mean is the thick one.

    Returns:
        A matplotlib `Figure`; `figure.savefig("gate.png")` writes it.

    Raises:
        ValueError: without a word, or where there is no gate from 0 to 1 for each.

    Example:
        >>> figure = gate_figure(["a", "red", "kite"], [[0.8, 0.1, 0.3], [0.9, 0.2, 0.1]])
        >>> [label.get_text() for label in figure.axes[0].get_xticklabels()]
        ['a', 'red', 'kite']

    Reference: Lu et al. 2017, Knowing When to Look, figure 5.
    """
    heads = np.atleast_2d(np.asarray(gate, dtype=float))
    if not len(words) or heads.ndim != 2 or heads.shape[1] != len(words):
        raise ValueError(
            "Expected a gate for each of at least one word, (words,) or (heads, words). "
            f"Received: {len(words)} words, gate {np.shape(gate)}."
        )
    if not ((heads >= 0) & (heads <= 1)).all():
        raise ValueError("Expected a gate from 0 to 1. Received another.")
    figure = Figure(figsize=(max(3.0, len(words) * WORD + 0.8), 2.4), layout="constrained", dpi=150)
    axes = figure.subplots()
    places, mean = np.arange(len(words)), heads.mean(axis=0)
    if len(heads) > 1:
        axes.plot(places, heads.T, color=GATE, linewidth=0.8, alpha=0.4)
    axes.fill_between(places, mean, color=GATE, alpha=0.12, linewidth=0)
    axes.plot(places, mean, color=GATE, linewidth=2, marker="o", markersize=4.5)
    axes.set_ylim(0, 1.04)
    axes.set_yticks([0, 0.5, 1], ["only looked", "0.5", "only relied"])
    text = {"fontsize": 9, "color": TEXT_COLOR, "fontfamily": installed_fonts(), "parse_math": False}
    upright = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(places, [escape_unprintable(word) for word in words], **text, **upright)
    axes.tick_params(axis="y", labelsize=8, labelcolor=TEXT_COLOR)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.grid(axis="y", color=TRACK_COLOR)
    axes.set_axisbelow(True)
    return figure

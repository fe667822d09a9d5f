"""How measures of attention changed in training."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from .alignment import ATTENTION_COLORMAP, TEXT_COLOR, TRACK_COLOR, escape_unprintable


def history_figure(history: Mapping[str, Sequence[tuple[float, float]]], measure: str) -> Figure:
    """One line for each layer: a measure of its attention, such as entropy, over the steps of training.

    The first layer is palest, the last darkest, and each line is named at its end.

    Args:
        history: for each layer, by its name and in their order, pairs `(step, value)`.
        measure: what the values are, with their unit.

    Returns:
        A matplotlib `Figure`; `figure.savefig("history.png")` writes it.

    Raises:
        ValueError: without a layer, for one without a pair, or a number that is not finite.

    Example:
        >>> history = {"block_1": [(0, 3.0), (100, 2.1)], "block_2": [(0, 3.0), (100, 0.8)]}
        >>> axes = history_figure(history, "entropy, bits").axes[0]
        >>> axes.get_ylabel(), len(axes.lines)
        ('entropy, bits', 2)
    """
    lines = {name: np.asarray(pairs, dtype=float) for name, pairs in history.items()}
    wrong = [name for name, line in lines.items() if line.ndim != 2 or line.shape[1] != 2]
    wrong += [name for name, line in lines.items() if not np.isfinite(line).all()]
    if not lines or wrong:
        raise ValueError(
            "Expected finite pairs (step, value) for at least one layer, at least one of each. "
            f"Received: {list(lines)}, other than that {wrong}."
        )
    figure = Figure(figsize=(6.2, 3.4), layout="constrained", dpi=150)
    axes = figure.subplots()
    shades = np.linspace(0.35, 1, len(lines)) if len(lines) > 1 else [0.7]
    for shade, line in zip(shades, lines.values(), strict=True):
        steps, values = line[np.argsort(line[:, 0], kind="stable")].T
        dot = "o" if len(line) == 1 else None
        axes.plot(steps, values, color=ATTENTION_COLORMAP(float(shade)), linewidth=1.6, marker=dot)
    axes.set_xlabel("step", fontsize=9, color=TEXT_COLOR)
    axes.set_ylabel(measure, fontsize=9, color=TEXT_COLOR, parse_math=False)
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    axes.tick_params(length=0, labelsize=8, labelcolor=TEXT_COLOR)
    axes.spines[:].set_visible(False)
    axes.grid(axis="y", color=TRACK_COLOR)
    axes.set_axisbelow(True)
    named = figure.legend(
        axes.lines,
        [escape_unprintable(name) for name in lines],
        loc="outside right upper",
        frameon=False,
        fontsize=8,
        labelcolor=TEXT_COLOR,
    )
    for text in named.get_texts():
        text.set_parse_math(False)
    return figure

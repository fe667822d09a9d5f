"""Curves of an attention measure over the steps of training."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from .style import ATTENTION_COLORMAP, TEXT_COLOR, add_legend, style_axes


def history_figure(history: Mapping[str, Sequence[tuple[float, float]]], measure: str) -> Figure:
    """Draw a measure of attention, such as entropy, over the steps of training, one line for each layer.

    The first layer is palest and the last darkest.

    Args:
        history: Pairs `(step, value)` of each layer, by its name, in the order of the layers.
        measure: Label of the values, with their unit.

    Returns:
        A matplotlib `Figure`. `figure.savefig("history.png")` writes it.

    Raises:
        ValueError: If there is no layer, a layer has no pair, or a number is not finite.

    Example:
        >>> history = {"block_1": [(0, 3.0), (100, 2.1)], "block_2": [(0, 3.0), (100, 0.8)]}
        >>> axes = history_figure(history, "entropy, bits").axes[0]
        >>> axes.get_ylabel(), len(axes.lines)
        ('entropy, bits', 2)
    """
    curves = {name: np.asarray(pairs, dtype=float) for name, pairs in history.items()}
    _check_curves(curves)
    figure = Figure(figsize=(6.2, 3.4), layout="constrained", dpi=150)
    axes = figure.subplots()
    shades = np.linspace(0.35, 1, len(curves)) if len(curves) > 1 else [0.7]
    for shade, curve in zip(shades, curves.values(), strict=True):
        steps, values = curve[np.argsort(curve[:, 0], kind="stable")].T
        marker = "o" if len(curve) == 1 else None
        axes.plot(steps, values, color=ATTENTION_COLORMAP(float(shade)), linewidth=1.6, marker=marker)
    axes.set_xlabel("step", fontsize=9, color=TEXT_COLOR)
    axes.set_ylabel(measure, fontsize=9, color=TEXT_COLOR, parse_math=False)
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    style_axes(axes)
    add_legend(figure, dict(zip(curves, axes.lines, strict=True)), loc="outside right upper")
    return figure


def _check_curves(curves: Mapping[str, np.ndarray]) -> None:
    invalid = [
        name
        for name, curve in curves.items()
        if curve.ndim != 2 or curve.shape[1] != 2 or not np.isfinite(curve).all()
    ]
    if not curves or invalid:
        raise ValueError(
            "`history` must hold finite pairs (step, value), at least one for each of at least one layer. "
            f"Received: layers {list(curves)}, of which invalid: {invalid}."
        )

"""Reliability diagram of predicted probabilities (DeGroot and Fienberg 1983)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from .notebook_figure import NotebookFigure
from .style import ATTENTION_COLORMAP, GOLD_COLOR, TEXT_COLOR, style_axes


def reliability_figure(
    confidence: Sequence[float], accuracy: Sequence[float], count: Sequence[int], calibration_error: float
) -> Figure:
    """Draw accuracy against confidence in equal bins, and the number of predictions in each bin.

    Bars on the diagonal are calibrated. Below the diagonal the predictions are overconfident.

    Args:
        confidence: Mean confidence of each bin, shape `(bins,)`.
        accuracy: Accuracy of each bin, shape `(bins,)`.
        count: Number of predictions in each bin, shape `(bins,)`. Empty bins have no bar.
        calibration_error: Expected calibration error, shown in the title.

    Returns:
        A matplotlib `Figure`. `figure.savefig("reliability.png")` writes it.

    Raises:
        ValueError: If the arguments have different lengths, or every bin is empty.

    Example:
        >>> figure = reliability_figure([0.6, 0.9], [0.5, 0.95], [10, 40], calibration_error=0.06)
        >>> figure.axes[0].get_title()
        'expected calibration error 0.060'

    Reference:
        DeGroot and Fienberg 1983, The Comparison and Evaluation of Forecasters; Guo et al. 2017, On
        Calibration of Modern Neural Networks, figure 4.
    """
    confidences, accuracies, counts = (np.asarray(v, dtype=float) for v in (confidence, accuracy, count))
    if not confidences.shape == accuracies.shape == counts.shape or not counts.sum():
        raise ValueError(
            "`confidence`, `accuracy` and `count` must have one element for each bin, and one bin must not "
            f"be empty. Received: shapes {confidences.shape}, {accuracies.shape} and {counts.shape}, "
            f"{counts.sum():g} predictions."
        )
    figure = NotebookFigure(figsize=(4.2, 4.8), layout="constrained", dpi=150)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3.4, 1])
    edges = np.arange(len(counts)) / len(counts)
    bar = {"width": 0.92 / len(counts), "align": "edge"}
    filled = counts > 0
    upper.bar(edges[filled], accuracies[filled], color=ATTENTION_COLORMAP(0.5), label="accuracy", **bar)
    upper.plot(
        confidences[filled], confidences[filled], "o", color=GOLD_COLOR, markersize=4, label="mean confidence"
    )
    upper.plot([0, 1], [0, 1], "--", color=TEXT_COLOR, linewidth=1)
    upper.set(xlim=(0, 1), ylim=(0, 1.02))
    upper.set_title(f"expected calibration error {calibration_error:.3f}", fontsize=10, color=TEXT_COLOR)
    upper.legend(loc="upper left", frameon=False, fontsize=8, labelcolor=TEXT_COLOR)
    bars = lower.bar(edges, counts, color=ATTENTION_COLORMAP(0.25), **bar)
    labels = [f"{number:,.0f}" if number else "" for number in counts]
    lower.bar_label(bars, labels, fontsize=6, color=TEXT_COLOR, padding=1)
    lower.margins(y=0.2)
    lower.set_xlabel("confidence", fontsize=9, color=TEXT_COLOR)
    for axes, label in ((upper, "accuracy"), (lower, "predictions")):
        axes.set_ylabel(label, fontsize=9, color=TEXT_COLOR)
        style_axes(axes)
    return figure

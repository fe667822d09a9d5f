"""A picture of whether probabilities mean what they say."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from .alignment import ATTENTION_COLORMAP, GOLD, TEXT_COLOR, TRACK_COLOR


def reliability_figure(
    confidence: Sequence[float], accuracy: Sequence[float], count: Sequence[int], error: float
) -> Figure:
    """Reliability diagram: how often answers were right, against how sure they were.

    Bars on the diagonal mean what they say; below it the answers were too sure. Underneath stands
    how many answers there were of each.

    Args:
        confidence: mean confidence of each bin, `(bins,)`.
        accuracy: share of right answers in it.
        count: answers in it.
        error: the expected calibration error, written into the picture.

    Returns:
        A matplotlib `Figure`; `figure.savefig("reliability.png")` writes it.

    Raises:
        ValueError: where the bins are not as many for each, or hold nothing.

    Example:
        >>> figure = reliability_figure([0.6, 0.9], [0.5, 0.95], [10, 40], error=0.06)

    Reference:
        DeGroot and Fienberg 1983, The Comparison and Evaluation of Forecasters; Guo et al. 2017, On
        Calibration of Modern Neural Networks, figure 4.
    """
    sure, right, answers = (np.asarray(values, dtype=float) for values in (confidence, accuracy, count))
    if not sure.shape == right.shape == answers.shape or not answers.sum():
        raise ValueError(
            "Expected a confidence, an accuracy and a count for each bin, one of them not empty. "
            f"Received: {sure.shape}, {right.shape} and {answers.shape}, {answers.sum():g} answers."
        )
    figure = Figure(figsize=(4.2, 4.8), layout="constrained", dpi=150)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3.4, 1])
    edges = np.arange(len(sure)) / len(sure)
    bar = {"width": 0.92 / len(sure), "align": "edge"}
    filled = answers > 0
    upper.bar(edges[filled], right[filled], color=ATTENTION_COLORMAP(0.5), label="right", **bar)
    upper.plot(sure[filled], sure[filled], "o", color=GOLD, markersize=4, label="confidence, mean")
    upper.plot([0, 1], [0, 1], "--", color=TEXT_COLOR, linewidth=1)
    upper.set(xlim=(0, 1), ylim=(0, 1.02), ylabel="share of right answers")
    upper.set_title(f"expected calibration error {error:.3f}", fontsize=10, color=TEXT_COLOR)
    upper.legend(loc="upper left", frameon=False, fontsize=8, labelcolor=TEXT_COLOR)
    lower.bar(edges, answers / answers.sum(), color=ATTENTION_COLORMAP(0.25), **bar)
    lower.set(xlabel="confidence", ylabel="share")
    for axes in (upper, lower):
        axes.tick_params(length=0, labelsize=8, labelcolor=TEXT_COLOR)
        axes.spines[:].set_color(TRACK_COLOR)
        axes.set_axisbelow(True)
        axes.grid(axis="y", color=TRACK_COLOR)
    return figure

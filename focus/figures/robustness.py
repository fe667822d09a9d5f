"""Curves of quality and attention divergence over perturbation severity (Hendrycks and Dietterich 2019)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib import color_sequences
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .notebook_figure import NotebookFigure
from .style import GOLD_COLOR, TEXT_COLOR, TRACK_COLOR, add_legend, style_axes

LINE_STYLES = ("-", "--", ":", "-.")
LINE_COLORS = color_sequences["petroff8"]  # distinguishable with colour blindness (Petroff 2021)


class RobustnessCurve(NamedTuple):
    """Quality and attention divergence of one model under one perturbation.

    Args:
        drop: Quality without perturbation minus quality at each severity, shape `(severities,)`.
        divergence: Divergence of the attention maps from the unperturbed ones, shape `(severities,)`.
        drop_interval: Lower and upper bound of each drop, shape `(2, severities)`; NaN or `None` for none.
        divergence_interval: The same for the divergence.
    """

    drop: npt.ArrayLike
    divergence: npt.ArrayLike
    drop_interval: npt.ArrayLike | None = None
    divergence_interval: npt.ArrayLike | None = None


def robustness_figure(
    severities: Sequence[float],
    curves: Mapping[str, RobustnessCurve],
    seed_divergence: tuple[float, float] | None = None,
    perturbation: str = "severity",
    quality: str = "accuracy",
    divergence: str = "divergence of attention",
) -> Figure:
    """Draw the drop of quality and the divergence of attention over perturbation severity, in two panels.

    Error bars are the intervals of the curves. The band is the divergence between models that differ in their
    random seed alone. A divergence inside the band is no larger than chance.

    Args:
        severities: Increasing severities, shape `(severities,)`; 0 is no perturbation.
        curves: Curves of the models, by name.
        seed_divergence: Lower and upper end of the divergence between seeds, or `None` for no band.
        perturbation: Label of the severities, with their unit.
        quality: Name of the quality, such as accuracy or BLEU.
        divergence: Label of the divergence.

    Returns:
        A matplotlib `Figure`. `figure.savefig("robustness.png")` writes it.

    Raises:
        ValueError: If there is no curve, there are fewer than two severities, severities do not increase, a
            curve does not have a finite number for each severity, an interval has another shape, or the band
            is not finite and increasing.

    Example:
        >>> curves = {"soft": RobustnessCurve([0.0, 0.1, 0.3], [0.0, 0.2, 0.4])}
        >>> figure = robustness_figure([0, 0.1, 0.2], curves, (0.1, 0.15), "fraction of words dropped")
        >>> [axes.get_ylabel() for axes in figure.axes]
        ['drop of accuracy', 'divergence of attention']

    Reference:
        Hendrycks and Dietterich 2019, Benchmarking Neural Network Robustness to Common Corruptions and
        Perturbations.
    """
    steps = np.asarray(severities, dtype=float)
    _check_curves(steps, curves)
    _check_band(seed_divergence)
    figure = NotebookFigure(figsize=(7.4, 3.2), layout="constrained", dpi=150)
    left, right = figure.subplots(1, 2)
    legend: dict[str, Artist] = {}
    for index, (name, curve) in enumerate(curves.items()):
        color, linestyle = LINE_COLORS[index % len(LINE_COLORS)], LINE_STYLES[index % len(LINE_STYLES)]
        line = {"color": color, "linestyle": linestyle, "marker": "o", "markersize": 3.5, "linewidth": 1.6}
        _plot_curve(left, steps, curve.drop, curve.drop_interval, **line)
        legend[name] = _plot_curve(right, steps, curve.divergence, curve.divergence_interval, **line)
    if seed_divergence is not None:
        band = right.axhspan(*seed_divergence, color=GOLD_COLOR, alpha=0.25, linewidth=0)
        legend["between seeds"] = band
    _finish_axes(left, perturbation, f"drop of {quality}")
    _finish_axes(right, perturbation, divergence)
    add_legend(figure, legend, loc="outside lower center", ncols=5)
    return figure


def _plot_curve(
    axes: Axes, severities: np.ndarray, values: npt.ArrayLike, interval: npt.ArrayLike | None, **line: Any
) -> Artist:
    """Draw a line with error bars from the bounds of the interval; return the line."""
    center = np.asarray(values, dtype=float)
    if interval is None:
        return axes.plot(severities, center, **line)[0]
    low, high = np.asarray(interval, dtype=float)
    errors = np.clip([center - low, high - center], 0, None)  # a rounded bound may cross the value
    return axes.errorbar(severities, center, errors, capsize=2, elinewidth=0.8, **line)[0]


def _check_curves(severities: np.ndarray, curves: Mapping[str, RobustnessCurve]) -> None:
    if severities.ndim != 1 or len(severities) < 2 or not (np.diff(severities) > 0).all():
        raise ValueError(
            "`severities` must be at least two increasing numbers. "
            f"Received: severities={severities.tolist()}."
        )
    if not curves:
        raise ValueError("`curves` must hold at least one curve. Received: curves={}.")
    for name, curve in curves.items():
        for field, values in curve._asdict().items():
            expected = (2, *severities.shape) if field.endswith("_interval") else severities.shape
            if values is None:
                continue
            is_finite = field.endswith("_interval") or np.isfinite(np.asarray(values, float)).all()
            if np.shape(values) != expected or not is_finite:
                raise ValueError(
                    f"`curves` must hold finite numbers of shape {expected} as {field}. "
                    f"Received: {field}={values} of {name!r}."
                )


def _check_band(seed_divergence: tuple[float, float] | None) -> None:
    if seed_divergence is None:
        return
    if not np.isfinite(seed_divergence).all() or seed_divergence[0] > seed_divergence[1]:
        raise ValueError(
            "`seed_divergence` must be finite, from low to high. "
            f"Received: seed_divergence={seed_divergence}."
        )


def _finish_axes(axes: Axes, perturbation: str, measure: str) -> None:
    axes.set_xlabel(perturbation, fontsize=9, color=TEXT_COLOR, parse_math=False)
    axes.set_ylabel(measure, fontsize=9, color=TEXT_COLOR, parse_math=False)
    low, high = axes.get_ylim()
    axes.set_ylim(min(0, low), high)
    style_axes(axes)
    axes.axhline(0, color=TRACK_COLOR, linewidth=1, zorder=0)

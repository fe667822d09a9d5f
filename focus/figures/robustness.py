"""What growing doses of a disturbance do to answers, and what they do to attention."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib import color_sequences
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .alignment import GOLD, TEXT_COLOR, TRACK_COLOR, escape_unprintable

LINE_STYLES = ("-", "--", ":", "-.")
LINE_COLORS = color_sequences["petroff8"]  # told apart by the colour-blind too (Petroff 2021)


class RobustnessCurve(NamedTuple):
    """One model under one disturbance.

    quality: of its answers at each dose, `(severities,)`. drift: how far its maps moved from those without the
    disturbance, `(severities,)`.
    """

    quality: npt.ArrayLike
    divergence: npt.ArrayLike


def robustness_figure(
    severities: Sequence[float],
    curves: Mapping[str, RobustnessCurve],
    seed_divergence: tuple[float, float] | None = None,
    perturbation: str = "dose",
    quality: str = "accuracy",
    divergence: str = "drift of the maps",
) -> Figure:
    """Two panels over growing doses: how much quality is lost, and how far attention moved meanwhile.

    The band is how far maps of models move that differ in their seed alone: a drift inside of it is no more
    than chance makes.

    Args:
        severities: from weak to strong, `(severities,)`; 0 for none.
        curves: models by name.
        seed_divergence: the lower and the upper end of the drift between seeds; None where only one is known.
        perturbation: what grows, with its unit.
        quality: what the quality is, such as accuracy or BLEU.
        divergence: the measure of the drift.

    Returns:
        A matplotlib `Figure`; `figure.savefig("stress.png")` writes it. Quality is drawn as its difference
        from that at the first dose.

    Raises:
        ValueError: without a curve or with less than two doses, where doses do not grow, a curve has not a
            finite number for each, or the band ends below where it starts.

    Example:
        >>> curves = {"soft": RobustnessCurve([0.9, 0.8, 0.6], [0.0, 0.2, 0.4])}
        >>> figure = robustness_figure([0, 0.1, 0.2], curves, (0.1, 0.15), "share of words dropped")
        >>> [axes.get_ylabel() for axes in figure.axes]
        ['loss of accuracy', 'drift of the maps']
    """
    steps = np.asarray(severities, dtype=float)
    _check(steps, curves, seed_divergence)
    figure = Figure(figsize=(7.4, 3.2), layout="constrained", dpi=150)
    left, right = figure.subplots(1, 2)
    for index, (name, curve) in enumerate(curves.items()):
        look = {
            "color": LINE_COLORS[index % len(LINE_COLORS)],
            "linestyle": LINE_STYLES[index % len(LINE_STYLES)],
        }
        qualities = np.asarray(curve.quality, dtype=float)
        for axes, values in (
            (left, qualities[0] - qualities),
            (right, np.asarray(curve.divergence, dtype=float)),
        ):
            axes.plot(
                steps,
                values,
                marker="o",
                markersize=3.5,
                linewidth=1.6,
                label=escape_unprintable(name),
                **look,
            )
    if seed_divergence is not None:
        right.axhspan(*seed_divergence, color=GOLD, alpha=0.25, linewidth=0, label="between seeds")
    _dress(left, perturbation, f"loss of {quality}")
    _dress(right, perturbation, divergence)
    handles, labels = right.get_legend_handles_labels()
    named = figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=5,
        frameon=False,
        fontsize=8,
        labelcolor=TEXT_COLOR,
    )
    for text in named.get_texts():
        text.set_parse_math(False)
    return figure


def _check(
    severities: np.ndarray, curves: Mapping[str, RobustnessCurve], seed_divergence: tuple[float, float] | None
) -> None:
    if severities.ndim != 1 or len(severities) < 2 or not (np.diff(severities) > 0).all():
        raise ValueError(f"Expected at least two doses that grow. Received: {severities.tolist()}.")
    if not curves:
        raise ValueError("Expected at least one curve. Received none.")
    for name, curve in curves.items():
        for part, values in curve._asdict().items():
            if np.shape(values) != severities.shape or not np.isfinite(values).all():
                raise ValueError(
                    f"Expected a finite {part} of {name!r} for each of {len(severities)} doses. "
                    f"Received: {values}."
                )
    if seed_divergence and not (
        np.isfinite(seed_divergence).all() and seed_divergence[0] <= seed_divergence[1]
    ):
        raise ValueError(f"Expected a drift between seeds from low to high. Received: {seed_divergence}.")


def _dress(axes: Axes, perturbation: str, measure: str) -> None:
    axes.set_xlabel(perturbation, fontsize=9, color=TEXT_COLOR, parse_math=False)
    axes.set_ylabel(measure, fontsize=9, color=TEXT_COLOR, parse_math=False)
    low, high = axes.get_ylim()
    axes.set_ylim(min(0, low), high)
    axes.tick_params(length=0, labelsize=8, labelcolor=TEXT_COLOR)
    axes.spines[:].set_visible(False)
    axes.grid(axis="y", color=TRACK_COLOR)
    axes.axhline(0, color=TRACK_COLOR, linewidth=1, zorder=0)
    axes.set_axisbelow(True)

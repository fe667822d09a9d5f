"""What growing doses of a disturbance do to answers, and what they do to attention."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib import color_sequences
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .figures import GOLD, INK, TRACK, visible

STYLES = ("-", "--", ":", "-.")
COLOURS = color_sequences["petroff8"]  # told apart by the colour-blind too (Petroff 2021)


class StressCurve(NamedTuple):
    """One model under one disturbance.

    quality: of its answers at each dose, `(doses,)`. drift: how far its maps moved from those without the
    disturbance, `(doses,)`.
    """

    quality: npt.ArrayLike
    drift: npt.ArrayLike


def stress_figure(
    doses: Sequence[float],
    curves: Mapping[str, StressCurve],
    seed_drift: tuple[float, float] | None = None,
    disturbance: str = "dose",
    quality: str = "accuracy",
    drift: str = "drift of the maps",
) -> Figure:
    """Two panels over growing doses: how much quality is lost, and how far attention moved meanwhile.

    The band is how far maps of models move that differ in their seed alone: a drift inside of it is no more
    than chance makes.

    Args:
        doses: from weak to strong, `(doses,)`; 0 for none.
        curves: models by name.
        seed_drift: the lower and the upper end of the drift between seeds; None where only one is known.
        disturbance: what grows, with its unit.
        quality: what the quality is, such as accuracy or BLEU.
        drift: the measure of the drift.

    Returns:
        A matplotlib `Figure`; `figure.savefig("stress.png")` writes it. Quality is drawn as its difference
        from that at the first dose.

    Raises:
        ValueError: without a curve or with less than two doses, where doses do not grow, a curve has not a
            finite number for each, or the band ends below where it starts.

    Example:
        >>> curves = {"soft": StressCurve([0.9, 0.8, 0.6], [0.0, 0.2, 0.4])}
        >>> figure = stress_figure([0, 0.1, 0.2], curves, (0.1, 0.15), "share of words dropped")
        >>> [axes.get_ylabel() for axes in figure.axes]
        ['loss of accuracy', 'drift of the maps']
    """
    steps = np.asarray(doses, dtype=float)
    _check(steps, curves, seed_drift)
    figure = Figure(figsize=(7.4, 3.2), layout="constrained", dpi=150)
    left, right = figure.subplots(1, 2)
    for place, (name, curve) in enumerate(curves.items()):
        look = {"color": COLOURS[place % len(COLOURS)], "linestyle": STYLES[place % len(STYLES)]}
        qualities = np.asarray(curve.quality, dtype=float)
        for axes, values in ((left, qualities[0] - qualities), (right, np.asarray(curve.drift, dtype=float))):
            axes.plot(steps, values, marker="o", markersize=3.5, linewidth=1.6, label=visible(name), **look)
    if seed_drift is not None:
        right.axhspan(*seed_drift, color=GOLD, alpha=0.25, linewidth=0, label="between seeds")
    _dress(left, disturbance, f"loss of {quality}")
    _dress(right, disturbance, drift)
    handles, labels = right.get_legend_handles_labels()
    named = figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=5,
        frameon=False,
        fontsize=8,
        labelcolor=INK,
    )
    for text in named.get_texts():
        text.set_parse_math(False)
    return figure


def _check(
    doses: np.ndarray, curves: Mapping[str, StressCurve], seed_drift: tuple[float, float] | None
) -> None:
    if doses.ndim != 1 or len(doses) < 2 or not (np.diff(doses) > 0).all():
        raise ValueError(f"Expected at least two doses that grow. Received: {doses.tolist()}.")
    if not curves:
        raise ValueError("Expected at least one curve. Received none.")
    for name, curve in curves.items():
        for part, values in curve._asdict().items():
            if np.shape(values) != doses.shape or not np.isfinite(values).all():
                raise ValueError(
                    f"Expected a finite {part} of {name!r} for each of {len(doses)} doses. "
                    f"Received: {values}."
                )
    if seed_drift and not (np.isfinite(seed_drift).all() and seed_drift[0] <= seed_drift[1]):
        raise ValueError(f"Expected a drift between seeds from low to high. Received: {seed_drift}.")


def _dress(axes: Axes, disturbance: str, measure: str) -> None:
    axes.set_xlabel(disturbance, fontsize=9, color=INK, parse_math=False)
    axes.set_ylabel(measure, fontsize=9, color=INK, parse_math=False)
    low, high = axes.get_ylim()
    axes.set_ylim(min(0, low), high)
    axes.tick_params(length=0, labelsize=8, labelcolor=INK)
    axes.spines[:].set_visible(False)
    axes.grid(axis="y", color=TRACK)
    axes.axhline(0, color=TRACK, linewidth=1, zorder=0)
    axes.set_axisbelow(True)

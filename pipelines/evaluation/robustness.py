"""Table and curves of quality and attention under perturbations of growing severity."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tabulate import tabulate

from ...focus import ConfidenceInterval, RobustnessResult
from ...focus.figures import RobustnessCurve, robustness_figure
from .tables import format_interval

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Results = Mapping[str, Sequence[RobustnessResult]]  # by perturbation, one per severity


def print_robustness(results: Results, quality: str, figure: Path) -> None:
    """Print the table of a robustness test, and save its curves.

    Args:
        results: results of each perturbation, one per severity.
        quality: name of the quality measure.
        figure: path of the figure.
    """
    print(robustness_table(results, quality))
    draw_robustness_curves(results, quality).savefig(figure)
    print(f"\nfigure: {figure}")


def robustness_table(results: Results, quality: str) -> str:
    """Format a row per perturbation and severity: quality, drop of quality, divergence of attention.

    Args:
        results: results of each perturbation, one per severity.
        quality: name of the quality measure.
    """
    rows = [
        [
            name,
            result.severity,
            format_interval(result.quality),
            format_interval(result.drop),
            format_interval(result.divergence),
        ]
        for name, severities in results.items()
        for result in severities
    ]
    return tabulate(rows, ["perturbation", "severity", quality, "drop", "divergence"])


def draw_robustness_curves(results: Results, quality: str) -> "Figure":
    """Draw the drop of quality and the divergence of attention, with their intervals: a matplotlib figure."""
    severities = [result.severity for result in next(iter(results.values()))]
    curves = {
        name: RobustnessCurve(
            drop=[0.0, *(row.drop.value for row in rows)],
            divergence=[0.0, *(row.divergence.value for row in rows)],
            drop_interval=_bounds([row.drop for row in rows]),
            divergence_interval=_bounds([row.divergence for row in rows]),
        )
        for name, rows in results.items()
    }
    return robustness_figure([0.0, *severities], curves, perturbation="severity", quality=quality)


def _bounds(intervals: Sequence[ConfidenceInterval]) -> list[list[float]]:
    """Return the lower and the upper bounds, after 0 for severity 0."""
    return [
        [0.0, *(interval.low for interval in intervals)],
        [0.0, *(interval.high for interval in intervals)],
    ]

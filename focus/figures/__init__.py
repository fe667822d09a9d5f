"""Matplotlib figures of attention weights, gates, calibration and robustness."""

try:
    from .alignment import alignment_figure
    from .gate import gate_figure
    from .head_grid import head_grid_figure
    from .highlights import highlight_figure
    from .history import history_figure
    from .overlay import overlay_figure
    from .reliability import reliability_figure
    from .robustness import RobustnessCurve, robustness_figure
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f'`foveal.focus.figures` requires `{error.name}`. Install it with `pip install "foveal[focus]"`.',
        name=error.name,
    ) from error

__all__ = [
    "RobustnessCurve",
    "alignment_figure",
    "gate_figure",
    "head_grid_figure",
    "highlight_figure",
    "history_figure",
    "overlay_figure",
    "reliability_figure",
    "robustness_figure",
]

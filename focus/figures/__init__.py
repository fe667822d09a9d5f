"""Matplotlib figures of attention weights, gates, calibration and robustness."""

from ...optional_dependencies import optional_dependency

with optional_dependency("focus"):
    from .alignment import alignment_figure
    from .gate import gate_figure
    from .head_grid import head_grid_figure
    from .highlights import highlight_figure
    from .history import history_figure
    from .overlay import overlay_figure
    from .reliability import reliability_figure
    from .robustness import RobustnessCurve, robustness_figure

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

"""Curves of an attention measure over the steps of training."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from ..recording.callback import FocusHistory
from .notebook_figure import NotebookFigure
from .style import ATTENTION_COLORMAP, TEXT_COLOR, add_legend, style_axes


def history_figure(
    history: FocusHistory | Mapping[str, npt.ArrayLike],
    measure: str | None = None,
    steps: Sequence[float] | None = None,
) -> Figure:
    """Draw a measure of attention, such as entropy, over the steps of training, one line for each layer.

    Of a layer of several heads the line is the mean of the heads, and the heads are thin lines. The first
    layer is palest and the last darkest.

    Args:
        history: A `FocusHistory`, or one measure of it, `history.history[measure]`: for each layer, by its
            name and in order, the values `(samples, heads)` or `(samples,)`. NaN leaves a gap.
        measure: Name of the measure, the label of the values; that of the first one of a `FocusHistory` when
            None.
        steps: Step of each sample, shape `(samples,)`; those of a `FocusHistory`, else the number of the
            sample when None.

    Returns:
        A matplotlib `Figure`. `figure.savefig("history.png")` writes it.

    Raises:
        ValueError: If there is no layer, the shapes do not match, a layer has no finite value, or the
            `FocusHistory` has no such measure.

    Example:
        >>> history = {"block_1": [[3.0, 2.8], [2.1, 1.9], [1.2, 1.8]], "block_2": [3.0, 0.8, 0.7]}
        >>> axes = history_figure(history, "entropy", steps=[0, 100, 200]).axes[0]
        >>> [text.get_text() for text in axes.figure.legends[0].get_texts()]
        ['block_1, mean of 2 heads', 'block_2']
    """
    unit = "sample" if steps is None else "step"
    if isinstance(history, FocusHistory):
        history, measure, steps, unit = _select_measure(history, measure, steps)
    if any(isinstance(values, Mapping) for values in history.values()):
        raise ValueError(
            "`history` must be one measure of a `FocusHistory`, `history.history[measure]`. "
            f"Received: the measures {list(history)}"
        )
    curves = {name: np.asarray(values, dtype=float) for name, values in history.items()}
    curves = {name: values[:, None] if values.ndim == 1 else values for name, values in curves.items()}
    _check_curves(curves, steps)
    figure = NotebookFigure(figsize=(6.2, 3.4), layout="constrained", dpi=150)
    axes = figure.subplots()
    shades = np.linspace(0.35, 1, len(curves)) if len(curves) > 1 else [0.7]
    handles: dict[str, Any] = {}
    for shade, (name, values) in zip(shades, curves.items(), strict=True):
        num_samples, num_heads = values.shape
        x = np.arange(num_samples) if steps is None else np.asarray(steps, dtype=float)
        order = np.argsort(x, kind="stable")
        style = {"color": ATTENTION_COLORMAP(float(shade)), "marker": "o" if num_samples == 1 else None}
        if num_heads > 1:
            axes.plot(x[order], values[order], **style, linewidth=0.7, alpha=0.4)
            name = f"{name}, mean of {num_heads} heads"
        (handles[name],) = axes.plot(x[order], _mean_over_heads(values[order]), **style, linewidth=1.8)
    axes.set_xlabel(unit, fontsize=9, color=TEXT_COLOR)
    axes.set_ylabel(measure or "", fontsize=9, color=TEXT_COLOR, parse_math=False)
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    style_axes(axes)
    add_legend(figure, handles, loc="outside right upper")
    return figure


def _select_measure(
    history: FocusHistory, measure: str | None, steps: Sequence[float] | None
) -> tuple[Mapping[str, npt.ArrayLike], str | None, Sequence[float], str]:
    """The values, name, steps and unit of a measure of a callback."""
    if measure is None:
        measure = next(iter(history.history), None)
    if measure not in history.history:
        raise ValueError(
            f"`measure` must be one of those of `history`, {list(history.history)}. "
            f"Received: measure={measure!r}"
        )
    return history.history[measure], measure, history.steps if steps is None else steps, history.unit


def _mean_over_heads(values: np.ndarray) -> np.ndarray:
    """`(samples, heads)` to `(samples,)`: the mean without NaN."""
    is_defined = ~np.isnan(values)
    count = is_defined.sum(axis=1)
    return np.where(is_defined, values, 0).sum(axis=1) / np.where(count, count, np.nan)


def _check_curves(curves: Mapping[str, np.ndarray], steps: Sequence[float] | None) -> None:
    num_samples = None if steps is None else len(steps)
    invalid = {
        name: values.shape
        for name, values in curves.items()
        if values.ndim != 2
        or np.isinf(values).any()
        or not np.isfinite(values).any()
        or (num_samples is not None and len(values) != num_samples)
    }
    if not curves or invalid:
        raise ValueError(
            "`history` must hold finite values or NaN, of shape (samples, heads) or (samples,), with a value "
            "for each of at least one layer, and `steps` one step for each sample. "
            f"Received: layers {list(curves)}, of which invalid: {invalid}, {num_samples} steps"
        )

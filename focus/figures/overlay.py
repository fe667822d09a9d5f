"""Figures of where a model looked in a picture."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .alignment import GATE, TEXT_COLOR, TRACK_COLOR

COLUMNS = 5
PANEL = 1.9  # inches
FADED = 0.25  # of a picture's brightness is left where the model did not look


def overlay_figure(
    image: npt.ArrayLike,
    attention: npt.ArrayLike,
    words: Sequence[str],
    gate: npt.ArrayLike | None = None,
) -> Figure:
    """The picture once for each word, bright where the model looked when it wrote that word.

    Brightness is relative to the cell that a word looked at most, and smooth between the cells'
    centres; how much a word looked at all is the gate, the bar below it.

    Args:
        image: `(height, width, 3)`, 0 to 255.
        attention: weights `(words, rows, columns)` of a grid that covers the picture.
        words: of the caption.
        gate: `(words,)` from 0, only looked, to 1, relied on what was already written.

    Returns:
        A matplotlib `Figure`; the first panel is the picture as it is.

    Raises:
        ValueError: where shapes and words do not fit together.

    Example:
        >>> figure = overlay_figure(np.full((20, 30, 3), 200), np.ones((2, 4, 5)), ["a", "dog"], [0.9, 0.1])
        >>> len(figure.axes)
        3
    """
    pixels, weights = np.asarray(image), np.asarray(attention, dtype=float)
    gates = None if gate is None else np.asarray(gate, dtype=float)
    _check_shapes(pixels, weights, words, gates)
    panels = len(words) + 1
    columns = min(COLUMNS, panels)
    rows = -(-panels // columns)
    height = PANEL * pixels.shape[0] / pixels.shape[1]
    figure = Figure(figsize=(columns * PANEL, rows * (height + 0.5)), layout="constrained", dpi=150)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for spare in axes[panels:]:
        spare.remove()
    _show(axes[0], pixels, "", None)
    for index, word in enumerate(words):
        lit = pixels * _brightness(weights[index], pixels.shape[:2])[..., None]
        _show(axes[index + 1], lit.astype(np.uint8), word, None if gates is None else gates[index])
    return figure


def _check_shapes(
    image: np.ndarray, attention: np.ndarray, words: Sequence[str], gate: np.ndarray | None
) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(f"Expected an image of shape (height, width, 3). Received: {image.shape}.")
    if attention.ndim != 3 or len(attention) != len(words) or attention.size == 0:
        raise ValueError(
            "Expected weights of shape (words, rows, columns), at least one word. "
            f"Received: weights {attention.shape}, {len(words)} words."
        )
    if gate is not None and gate.shape != (len(words),):
        raise ValueError(f"Expected a gate for each word, ({len(words)},). Received: {gate.shape}.")


def _brightness(weights: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """From `FADED` to 1, `(height, width)`: linear between the centres of the cells."""
    for axis, length in enumerate(size):
        cells = weights.shape[axis]
        at = (np.arange(length) + 0.5) / length * cells - 0.5
        low = np.clip(np.floor(at).astype(int), 0, cells - 1)
        high = np.minimum(low + 1, cells - 1)
        share = np.clip(at - low, 0, 1).reshape([-1 if axis == i else 1 for i in (0, 1)])
        weights = weights.take(low, axis) * (1 - share) + weights.take(high, axis) * share
    return FADED + (1 - FADED) * weights / (weights.max() or 1)


def _show(axes: Axes, image: np.ndarray, word: str, gate: float | None) -> None:
    axes.imshow(image)
    axes.set_title(word, fontsize=10, color=TEXT_COLOR, parse_math=False)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    if gate is None:
        return
    bar = axes.inset_axes((0, -0.07, 1, 0.04))
    bar.barh([0, 0], [1, gate], color=[TRACK_COLOR, GATE])
    bar.set(xlim=(0, 1))
    bar.set_axis_off()
    axes.set_xlabel(f"gate {gate:.2f}", fontsize=7, color=TEXT_COLOR, labelpad=12)

"""Attention over an image, one panel for each generated word (Xu et al. 2015, figure 2)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .style import GATE_COLOR, TEXT_COLOR, TRACK_COLOR, escape_unprintable, text_style

NUM_COLUMNS = 5
PANEL_WIDTH = 1.9  # inches
MIN_BRIGHTNESS = 0.25  # of a region with weight zero


def overlay_figure(
    image: npt.ArrayLike,
    attention: npt.ArrayLike,
    words: Sequence[str],
    gate: npt.ArrayLike | None = None,
) -> Figure:
    """Draw the image once for each word, with brightness by attention weight.

    Brightness is relative to the maximum weight of the word, and interpolated between the cell centres.
    The gate, a bar below each panel, says how much the word depends on attention at all.

    Args:
        image: Image, shape `(height, width, 3)`, from 0 to 255.
        attention: Attention weights, shape `(words, rows, columns)`, over a grid that covers the image.
        words: Words of the caption.
        gate: Gate of each word, shape `(words,)`, from 0 (attention alone) to 1 (sentinel alone).

    Returns:
        A matplotlib `Figure`. The first panel is the unchanged image.

    Raises:
        ValueError: If the shapes of `image`, `attention`, `words` and `gate` do not match.

    Example:
        >>> figure = overlay_figure(np.full((20, 30, 3), 200), np.ones((2, 4, 5)), ["a", "dog"], [0.9, 0.1])
        >>> [axes.get_title() for axes in figure.axes]
        ['', 'a', 'dog']

    Reference: Xu et al. 2015, Show, Attend and Tell.
    """
    pixels, weights = np.asarray(image), np.asarray(attention, dtype=float)
    gates = None if gate is None else np.asarray(gate, dtype=float)
    _check_shapes(pixels, weights, words, gates)
    num_panels = len(words) + 1
    columns = min(NUM_COLUMNS, num_panels)
    rows = -(-num_panels // columns)
    height = PANEL_WIDTH * pixels.shape[0] / pixels.shape[1]
    figure = Figure(figsize=(columns * PANEL_WIDTH, rows * (height + 0.5)), layout="constrained", dpi=150)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for unused in panels[num_panels:]:
        unused.remove()
    _draw_panel(panels[0], pixels, "")
    for index, word in enumerate(words):
        shaded = pixels * _brightness(weights[index], pixels.shape[:2])[..., None]
        _draw_panel(panels[index + 1], shaded.astype(np.uint8), escape_unprintable(word))
        if gates is not None:
            _draw_gate_bar(panels[index + 1], gates[index])
    return figure


def _check_shapes(
    image: np.ndarray, attention: np.ndarray, words: Sequence[str], gate: np.ndarray | None
) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(
            "`image` must have shape (height, width, 3) and not be empty. "
            f"Received: image.shape={image.shape}."
        )
    if attention.ndim != 3 or len(attention) != len(words) or attention.size == 0:
        raise ValueError(
            "`attention` must have shape (words, rows, columns), for at least one word. "
            f"Received: attention.shape={attention.shape}, {len(words)} words."
        )
    if gate is not None and gate.shape != (len(words),):
        raise ValueError(
            f"`gate` must have shape (words,), ({len(words)},). Received: gate.shape={gate.shape}."
        )


def _brightness(weights: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the brightness `(height, width)`, from `MIN_BRIGHTNESS` to 1, linear between cell centres."""
    for axis, length in enumerate(size):
        cells = weights.shape[axis]
        positions = (np.arange(length) + 0.5) / length * cells - 0.5
        low = np.clip(np.floor(positions).astype(int), 0, cells - 1)
        high = np.minimum(low + 1, cells - 1)
        fraction = np.clip(positions - low, 0, 1).reshape([-1 if axis == i else 1 for i in (0, 1)])
        weights = weights.take(low, axis) * (1 - fraction) + weights.take(high, axis) * fraction
    return MIN_BRIGHTNESS + (1 - MIN_BRIGHTNESS) * weights / (weights.max() or 1)


def _draw_panel(axes: Axes, image: np.ndarray, title: str) -> None:
    axes.imshow(image)
    axes.set_title(title, **text_style(10))
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def _draw_gate_bar(axes: Axes, gate: float) -> None:
    bar = axes.inset_axes((0, -0.07, 1, 0.04))
    bar.barh([0, 0], [1, gate], color=[TRACK_COLOR, GATE_COLOR])
    bar.set(xlim=(0, 1))
    bar.set_axis_off()
    axes.set_xlabel(f"gate {gate:.2f}", fontsize=7, color=TEXT_COLOR, labelpad=12)

"""A text with the words that were looked at marked, as a picture."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from .alignment import (
    ATTENTION_COLORMAP,
    GATE,
    GOLD,
    TEXT_COLOR,
    TRACK_COLOR,
    escape_unprintable,
    installed_fonts,
)

WIDTH = 500.0  # of the text; this and all that follows in points
SIZE, LINE, SPACE = 11.0, 23.0, 8.0  # of letters, from line to line, and between words
MARGIN = 14.0
MOST = 500  # words that are drawn; of a longer text the first ones


def highlight_figure(
    words: Sequence[str],
    attention: npt.ArrayLike,
    title: str = "",
    gate: float | None = None,
    gold: Sequence[bool] | None = None,
) -> Figure:
    """The words of a text, each on a ground as dark as the attention that it got.

    Args:
        words: in their order.
        attention: `(words,)`; the word with the highest is darkest.
        title: what stands above, such as the label.
        gate: from 0 to 1, drawn as a bar: how much the answer rests on the text as a whole, and not
            on the words that are marked.
        gold: for each word whether people marked it; these are underlined.

    Returns:
        A matplotlib `Figure`; `figure.savefig("focus.png")` writes it.

    Raises:
        ValueError: where there is no word, or not a weight and a mark for each.

    Example:
        >>> figure = highlight_figure(["not", "bad"], [0.7, 0.3], title="positive 91 %", gate=0.2)
    """
    weights = np.asarray(attention, dtype=float)
    marks = [False] * len(words) if gold is None else gold
    if not len(words) or weights.shape != (len(words),) or len(marks) != len(words):
        raise ValueError(
            "Expected a weight, and with gold a mark, for each of at least one word. Received: "
            f"{len(words)} words, weights {weights.shape}, {len(marks)} marks."
        )
    shares = weights[:MOST] / (weights.max() or 1)
    shown = [escape_unprintable(word) for word in words[:MOST]] + ["…"] * (len(words) > MOST)
    figure = Figure(dpi=150)
    axes = figure.add_axes((0, 0, 1, 1))
    texts = [_text(axes, word, share) for word, share in zip(shown, [*shares, 0], strict=False)]
    widths, lines = _lay_out(figure, texts)
    for text, width, marked in zip(texts, widths, marks, strict=False):
        if marked:
            _underline(axes, text, width)
    _heading(axes, title, gate)
    height = (lines + 1.3) * LINE
    figure.set_size_inches((WIDTH + 2 * MARGIN) / 72, (height + 2 * MARGIN) / 72)
    axes.set(xlim=(-MARGIN, WIDTH + MARGIN), ylim=(height - 1.3 * LINE + MARGIN, -1.3 * LINE - MARGIN))
    axes.axis("off")
    return figure


def _text(axes: Axes, word: str, share: float) -> Text:
    """A word on its ground: white letters where that is dark."""
    ground = {"boxstyle": "round,pad=0.18", "facecolor": ATTENTION_COLORMAP(share), "edgecolor": "none"}
    return axes.text(0, 0, word, color="white" if share > 0.5 else TEXT_COLOR, bbox=ground, **_style())


def _style() -> dict:
    return {"fontsize": SIZE, "fontfamily": installed_fonts(), "va": "center", "parse_math": False}


def _lay_out(figure: Figure, texts: Sequence[Text]) -> tuple[list[float], int]:
    """Put the words one after the other; returns their widths, and how many lines they need."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    widths = [text.get_window_extent(renderer).width * 72 / figure.dpi for text in texts]
    left, line = 0.0, 0
    for text, width in zip(texts, widths, strict=True):
        if left and left + width > WIDTH:
            left, line = 0.0, line + 1
        text.set_position((left, (line + 0.5) * LINE))
        left += width + SPACE
    return widths, line + 1


def _underline(axes: Axes, text: Text, width: float) -> None:
    left, middle = text.get_position()
    axes.add_patch(Rectangle((left, middle + 0.36 * LINE), width, 1.8, color=GOLD, linewidth=0))


def _heading(axes: Axes, title: str, gate: float | None) -> None:
    """What stands above the text, and the gate beside it."""
    middle, width = -0.8 * LINE, 70.0
    axes.text(0, middle, title, color=TEXT_COLOR, weight="bold", **_style())
    if gate is None:
        return
    left = WIDTH - width
    axes.text(left - SPACE, middle, f"gate {gate:.2f}", color=TEXT_COLOR, ha="right", **_style())
    for share, colour in ((1, TRACK_COLOR), (gate, GATE)):
        axes.add_patch(Rectangle((left, middle - 4), width * share, 8, color=colour, linewidth=0))

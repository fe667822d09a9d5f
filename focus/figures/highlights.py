"""Text with its words highlighted by attention weight."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from ..records.focus_record import AttentionMap, FocusRecord
from .notebook_figure import NotebookFigure
from .record_map import map_label, record_map
from .style import (
    ATTENTION_COLORMAP,
    GATE_COLOR,
    GOLD_COLOR,
    TEXT_COLOR,
    TRACK_COLOR,
    escape_unprintable,
    format_weight,
    gate_legend,
    text_style,
)
from .text_direction import is_right_to_left, visual_order, word_directions

TEXT_WIDTH = 500.0  # this and the following lengths are in points
FONT_SIZE, LINE_HEIGHT, WORD_SPACE = 11.0, 23.0, 8.0
GATE_WIDTH = 70.0
MARGIN = 14.0
RIGHT_TO_LEFT_MARK = "\u200f"
MAX_WORDS = 500  # of a longer text the first words are drawn


def highlight_figure(
    words: FocusRecord | Sequence[str],
    attention: npt.ArrayLike | None = None,
    title: str = "",
    gate: float | None = None,
    gold: Sequence[bool] | None = None,
    label: str | None = None,
    *,
    index: int = 0,
    head: int | None = None,
    query: int | None = None,
) -> Figure:
    """Draw the words of a text on backgrounds that are as dark as their attention weights.

    The first word of a Hebrew or Arabic text stands at the right.

    Args:
        words: A record, whose keys are the words, or the words, in order.
        attention: Attention weights, shape `(words,)`; those of the record when `None`. The word with the
            maximum weight is darkest.
        title: Heading, such as the predicted label.
        gate: Gate of the prediction, from 0 to 1, drawn as a bar. 0: it depends on the highlighted words
            alone. 1: it depends on the sentinel (the text as a whole) alone. That of the record when `None`.
        gold: Human rationale, one boolean for each word. Its words are underlined.
        label: Legend of the weights, such as `"attention, mean of 4 heads"`; that of the record when `None`.
        index: Index of the example in the batch of the record.
        head: Index of the head of the record; the mean of the heads when `None`.
        query: Index of the query of the record; `None` for its only one.

    Returns:
        A matplotlib `Figure`. `figure.savefig("highlights.png")` writes it.

    Raises:
        ValueError: If there is no word, `attention` or `gold` has another length than `words`, or the record
            has no such example, head or query.

    Example:
        >>> figure = highlight_figure(["not", "bad"], [0.7, 0.3], title="positive 91 %", gate=0.2)
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['not', 'bad', 'positive 91 %', 'gate 0.20',
        'attention, 0 to 70%; gate: 0 attention alone, 1 memory alone']
    """
    selected = record_map(words, index, head)
    gate_kind = "sentinel" if selected is None else selected.gate_kind
    if selected is not None:
        row = _select_query(selected, query)
        attention = selected.weights[row] if attention is None else attention
        gate = float(selected.gate[row]) if gate is None and selected.gate is not None else gate
        words, label = selected.keys, label or map_label(selected)
    words = list(words)  # pyright: ignore[reportArgumentType]
    weights = np.asarray(attention, dtype=float)
    is_gold = [False] * len(words) if gold is None else gold
    if not len(words) or weights.shape != (len(words),) or len(is_gold) != len(words):
        raise ValueError(
            "`attention` and `gold` must have one element for each of at least one word. Received: "
            f"{len(words)} words, attention.shape={weights.shape}, len(gold)={len(is_gold)}."
        )
    shares = weights[:MAX_WORDS] / (weights.max() or 1)
    labels = [escape_unprintable(word) for word in words[:MAX_WORDS]] + ["…"] * (len(words) > MAX_WORDS)
    figure = NotebookFigure(dpi=150)
    axes = figure.add_axes((0, 0, 1, 1))
    texts = [_add_word(axes, label, share) for label, share in zip(labels, [*shares, 0], strict=False)]
    widths, num_lines = _lay_out(figure, texts)
    for text, width, underlined in zip(texts, widths, is_gold, strict=False):
        if underlined:
            _underline(axes, text, width)
    _add_heading(axes, title, gate)
    legend = f"{label or 'attention'}, 0 to {format_weight(weights.max())}"
    legend += "" if gate is None else f"; {gate_legend(gate_kind)}"
    axes.text(0, (num_lines + 0.4) * LINE_HEIGHT, legend, va="center", **text_style(0.7 * FONT_SIZE))
    height = (num_lines + 2.1) * LINE_HEIGHT
    figure.set_size_inches((TEXT_WIDTH + 2 * MARGIN) / 72, (height + 2 * MARGIN) / 72)
    axes.set_xlim(-MARGIN, TEXT_WIDTH + MARGIN)
    axes.set_ylim(height - 1.3 * LINE_HEIGHT + MARGIN, -1.3 * LINE_HEIGHT - MARGIN)
    axes.axis("off")
    return figure


def _select_query(selected: AttentionMap, query: int | None) -> int:
    """Return the position of a query of a map, that of the only one for `None`."""
    num_queries = len(selected.weights)
    if query is None and num_queries == 1:
        return 0
    if query is None or not -num_queries <= query < num_queries:
        raise ValueError(
            f"`query` must be the index of one of {num_queries} queries of the record, "
            f"{selected.queries[:20]}. Received: query={query}."
        )
    return query


def _add_word(axes: Axes, word: str, share: float) -> Text:
    """Add a word on its background: white letters on a dark one."""
    background = {"boxstyle": "round,pad=0.18", "facecolor": ATTENTION_COLORMAP(share), "edgecolor": "none"}
    style = text_style(FONT_SIZE, color="white" if share > 0.5 else TEXT_COLOR)
    return axes.text(0, 0, word, va="center", bbox=background, **style)


def _lay_out(figure: Figure, texts: Sequence[Text]) -> tuple[list[float], int]:
    """Set the positions of the words, line by line. Return their widths and the number of lines.

    The first word of a text from right to left stands at the right.
    """
    renderer = FigureCanvasAgg(figure).get_renderer()
    widths = [text.get_window_extent(renderer).width * 72 / figure.dpi for text in texts]
    words = [text.get_text() for text in texts]
    right_to_left = is_right_to_left(words)
    for text, direction in zip(texts, word_directions(words, right_to_left), strict=True):
        if direction == "R":
            text.set_text(RIGHT_TO_LEFT_MARK + text.get_text())  # mirrors brackets without letters
    lines = _break_lines(widths)
    for number, line in enumerate(lines):
        line_width = sum(widths[index] + WORD_SPACE for index in line) - WORD_SPACE
        left = TEXT_WIDTH - line_width if right_to_left else 0.0
        for position in visual_order([words[index] for index in line], right_to_left):
            texts[line[position]].set_position((left, (number + 0.5) * LINE_HEIGHT))
            left += widths[line[position]] + WORD_SPACE
    return widths, len(lines)


def _break_lines(widths: Sequence[float]) -> list[range]:
    """Break words into lines of at most `TEXT_WIDTH`: the positions of the words of each line."""
    starts, width_of_line = [0], -WORD_SPACE
    for index, width in enumerate(widths):
        width_of_line += WORD_SPACE + width
        if width_of_line > TEXT_WIDTH and index > starts[-1]:
            starts.append(index)
            width_of_line = width
    return [range(first, last) for first, last in pairwise([*starts, len(widths)])]


def _underline(axes: Axes, text: Text, width: float) -> None:
    left, middle = text.get_position()
    bottom = middle + 0.36 * LINE_HEIGHT
    axes.add_patch(Rectangle((left, bottom), width, 1.8, color=GOLD_COLOR, linewidth=0))


def _add_heading(axes: Axes, title: str, gate: float | None) -> None:
    """Add the title above the text, and the gate as a bar to the right of it."""
    middle, style = -0.8 * LINE_HEIGHT, text_style(FONT_SIZE)
    axes.text(
        0, middle, escape_unprintable(title) if title else "", va="center", **text_style(1.2 * FONT_SIZE)
    )
    if gate is None:
        return
    left = TEXT_WIDTH - GATE_WIDTH
    axes.text(left - WORD_SPACE, middle, f"gate {gate:.2f}", ha="right", va="center", **style)
    for share, color in ((1, TRACK_COLOR), (gate, GATE_COLOR)):
        axes.add_patch(Rectangle((left, middle - 4), GATE_WIDTH * share, 8, color=color, linewidth=0))

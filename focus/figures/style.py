"""Shared style of the figures: colours, fonts, axes, colour bars and legends."""

from collections.abc import Iterable, Mapping
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import get_font_names
from matplotlib.text import Text

from ..records.focus_record import GATE_LEGENDS, SENTINEL_THRESHOLD

# matplotlib ships the first and the last font. The others, where installed, supply the glyphs that the first
# one lacks. The last one has a box with the script for every character.
FONTS = (
    "DejaVu Sans",
    *("Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Bengali"),
    *("Noto Sans Tamil", "Noto Sans Thai", "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Emoji"),
    *("Arial Unicode MS", "PingFang SC", "Hiragino Sans", "Apple Symbols"),
    *("Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Nirmala UI", "Leelawadee UI", "Segoe UI Symbol"),
    "Last Resort High-Efficiency",
)
JOINERS = "\u200c\u200d"  # invisible parts of words and emoji
# Equal steps of attention are equal steps of lightness (CIELAB). A weight of zero is nearly white.
ATTENTION_COLORMAP = LinearSegmentedColormap.from_list(
    "attention", ["#f8fbfe", "#b9d8f0", "#77b5e3", "#3991d0", "#0e6cb2", "#1e4785", "#1b2655"]
)
TEXT_COLOR, GOLD_COLOR, GATE_COLOR, TRACK_COLOR = "#3b3b46", "#f28e2b", "#2a9d8f", "#ececf0"
MEMORY_COLOR = "#1d7a6f"  # the colour of the gate, dark enough for letters


def format_weight(weight: float) -> str:
    """Format an attention weight in percent, with a decimal below 1 %.

    Example:
        >>> format_weight(0.294), format_weight(0.0036)
        ('29%', '0.4%')
    """
    return f"{weight:.1%}" if 0 < weight < 0.01 else f"{weight:.0%}"


def gate_legend(gate_kind: str = "sentinel", mark: str = "") -> str:
    """Return the meaning of the ends of a gate, see `FocusRecord`, and in a second line that of a mark.

    Args:
        gate_kind: kind of the gate.
        mark: how words that are written from memory are marked; empty if no word is.

    Example:
        >>> print(gate_legend(mark="italic"))
        gate: 0 attention alone, 1 memory alone
        italic: written from memory (gate above 0.5)
    """
    low, high = GATE_LEGENDS[gate_kind]
    return f"gate: 0 {low}, 1 {high}" + (f"\n{memory_legend(mark)}" if mark else "")


def memory_legend(mark: str) -> str:
    """Return the meaning of a mark of words that are written from memory."""
    return f"{mark}: written from memory (gate above {SENTINEL_THRESHOLD})"


def mark_memory(texts: Iterable[Text], is_sentinel: Iterable[bool]) -> None:
    """Set the texts of words that are written from memory in italics, in the colour of the gate."""
    for text, is_marked in zip(texts, is_sentinel, strict=True):
        if is_marked:
            text.set(style="italic", color=MEMORY_COLOR)


def installed_fonts() -> list[str]:
    """Return the names of `FONTS` that are installed, in order of preference."""
    installed = set(get_font_names())
    return [name for name in FONTS if name in installed]


def escape_unprintable(text: str) -> str:
    """Return the text with unprintable characters as escapes, and a blank text in quotes.

    Joiners are a part of words and stay. Tabs, line breaks, other control characters and marks of direction,
    which change the order of what is drawn, become visible escapes.
    """
    escaped = "".join(c if c.isprintable() or c in JOINERS else ascii(c)[1:-1] for c in text)
    return escaped if escaped.strip() else repr(escaped)


def text_style(size: float, color: str = TEXT_COLOR) -> dict[str, Any]:
    """Return the keyword arguments of a matplotlib text that shows any characters literally."""
    return {"fontsize": size, "color": color, "fontfamily": installed_fonts(), "parse_math": False}


def style_axes(axes: Axes) -> None:
    """Style the axes of a chart: small tick labels, no frame, horizontal grid lines below the data."""
    axes.tick_params(length=0, labelsize=8, labelcolor=TEXT_COLOR)
    axes.spines[:].set_visible(False)
    axes.grid(axis="y", color=TRACK_COLOR)
    axes.set_axisbelow(True)


def style_colorbar(colorbar: Colorbar, label: str, size: float) -> None:
    """Label a colour bar and remove its outline and tick marks."""
    colorbar.set_label(label, fontsize=size, color=TEXT_COLOR)
    colorbar.ax.tick_params(labelsize=size - 1, length=0, labelcolor=TEXT_COLOR)
    colorbar.outline.set_visible(False)


def add_legend(figure: Figure, handles: Mapping[str, Artist], **placement: Any) -> None:
    """Add a legend of handles by label to the figure. Labels show any characters literally."""
    legend = figure.legend(
        list(handles.values()),
        [escape_unprintable(label) for label in handles],
        frameon=False,
        prop={"family": installed_fonts(), "size": 8},
        labelcolor=TEXT_COLOR,
        **placement,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)

"""Tests of the style that the figures share."""

import importlib
import io
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from foveal.focus.figures.style import (
    ATTENTION_COLORMAP,
    FONTS,
    add_legend,
    escape_unprintable,
    installed_fonts,
    style_axes,
    text_style,
)


def test_attention_colormap_has_equal_steps_of_lightness():
    linear = ((ATTENTION_COLORMAP(np.linspace(0, 1, 65))[:, :3] + 0.055) / 1.055) ** 2.4
    lightness = 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16
    steps = -np.diff(lightness)
    assert steps.min() > 0.8
    assert steps.max() < 1.8
    assert lightness[0] > 95


def test_every_character_has_a_glyph():
    """The last font has a box for each character that the installed fonts lack: matplotlib does not warn."""
    figure = Figure()
    for text in [
        "हिन्दी",
        "电影",
        "ภาษา",
        "שלום",
        "مرحبا",
        "😀👍🏽👨‍👩‍👧🇵🇹",
        "می‌خواهم",
        "ក",
        "𠀀",
        "\x1b\t\u202e",
        "\ue000",
    ]:
        figure.text(0, 0, escape_unprintable(text), **text_style(9))
    figure.savefig(io.BytesIO(), format="png", dpi=30)  # warnings are errors


def test_installed_fonts_keep_the_order_of_preference():
    fonts = installed_fonts()
    assert fonts[0] == "DejaVu Sans"  # part of matplotlib
    assert fonts == sorted(fonts, key=FONTS.index)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("não", "não"),
        ("$x$", "$x$"),
        ("a\x00b\n", r"a\x00b\n"),
        (" ", "' '"),
        ("", "''"),
        ("\ud800", r"\ud800"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👨\u200d👩", "👨\u200d👩"),
        ("\u202ea\x1b\t\ufeff", r"\u202ea\x1b\t\ufeff"),
    ],
)
def test_escape_unprintable_escapes_control_characters_and_quotes_blanks(text, escaped):
    assert escape_unprintable(text) == escaped


def test_style_axes_removes_the_frame_and_draws_the_grid_below_the_data():
    axes = Figure().subplots()
    style_axes(axes)
    assert not any(spine.get_visible() for spine in axes.spines.values())
    assert axes.get_axisbelow()
    assert axes.yaxis.get_gridlines()[0].get_visible()
    assert not axes.xaxis.get_gridlines()[0].get_visible()


def test_texts_and_legends_show_markup_literally():
    figure = Figure()
    axes = figure.subplots()
    lines = axes.plot([[0, 1], [1, 0]])
    axes.set_title("$_{", **text_style(9))
    add_legend(figure, dict(zip(["_$a_", " "], lines, strict=True)), loc="upper left")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["_$a_", "' '"]
    figure.savefig(io.BytesIO(), format="png", dpi=30)  # raises if a text is parsed as mathematics


def test_missing_matplotlib_names_the_extra(monkeypatch):
    for name in [*sys.modules]:
        if name.split(".")[0] == "matplotlib":
            monkeypatch.setitem(sys.modules, name, None)
        if name.startswith("foveal.focus.figures"):
            monkeypatch.delitem(sys.modules, name)
    with pytest.raises(
        ModuleNotFoundError, match=r"`matplotlib` is not installed.*pip install \"foveal\[focus\]\""
    ):
        importlib.import_module("foveal.focus.figures")

"""Tests of the gate curve."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from foveal.focus import FocusRecord
from foveal.focus.figures import gate_figure
from foveal.focus.figures.style import GATE_COLOR


def test_curve_passes_through_the_gate_of_each_word():
    axes = gate_figure(["a", "$red_"], [0.9, 0.2]).axes[0]
    (line,) = axes.lines
    np.testing.assert_allclose(np.array(line.get_xydata()), [(0, 0.9), (1, 0.2)])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "$red_"]
    assert axes.get_ylim()[0] == 0


def test_heads_are_thinner_lines_than_their_mean():
    gate = np.array([[0.9, 0.2, 0.4], [0.7, 0.4, 0.0]])
    *heads, mean = gate_figure(list("abc"), gate).axes[0].lines
    for line, expected in zip(heads, gate, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), expected)
        assert line.get_linewidth() < mean.get_linewidth()
    np.testing.assert_allclose(np.array(mean.get_ydata()), [0.8, 0.3, 0.2])


def label_styles(figure):
    return [label.get_fontstyle() for label in figure.axes[0].get_xticklabels()]


def test_words_from_memory_are_italic_by_the_mean_of_the_heads():
    figure = gate_figure(["a", "red", "ring"], [[0.9, 0.9, 0.5], [0.3, 0.0, 0.5]])  # means .6, .45, .5
    assert label_styles(figure) == ["italic", "normal", "normal"]
    assert figure.get_supxlabel() == "italic: written from memory (gate above 0.5)"
    assert gate_figure(["a"], [0.5]).get_supxlabel() == ""


def test_output_gate_marks_no_word_as_from_memory():
    focus = FocusRecord("cross", np.ones((1, 1, 2, 1)), gate=np.ones((1, 1, 2)), gate_kind="output")
    figure = gate_figure(focus)
    assert label_styles(figure) == ["normal", "normal"]
    assert figure.get_supxlabel() == ""
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["0: closed", "0.5", "1: open"]


def test_first_word_of_right_to_left_text_stands_at_the_right():
    assert gate_figure(["شكرا", "abc"], [0.1, 0.9]).axes[0].xaxis_inverted()
    assert not gate_figure(["abc", "شكرا"], [0.1, 0.9]).axes[0].xaxis_inverted()


@pytest.mark.parametrize("count", [1, 30])
def test_figure_width_grows_with_the_number_of_words(tmp_path, count):
    figure = gate_figure(["שלום"] * count, np.full(count, 0.5))
    (axes,) = figure.axes
    (line,) = axes.lines
    np.testing.assert_array_equal(line.get_xydata(), [(word, 0.5) for word in range(count)])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["שלום"] * count
    figure.savefig(tmp_path / "a.png", dpi=30)
    image = Image.open(tmp_path / "a.png", formats=["PNG"])
    np.testing.assert_allclose(image.size, 30 * figure.get_size_inches(), atol=1)
    curve = np.abs(np.asarray(image.convert("RGB")) / 255 - to_rgb(GATE_COLOR)).max(-1) < 0.1
    assert curve.any()
    # the curve spans the words, and the figure has room for them
    assert figure.get_figwidth() >= 0.5 * count
    assert np.ptp(np.nonzero(curve)[1]) >= 0.5 * 30 * (count - 1)


@pytest.mark.parametrize(
    ("words", "gate", "message"),
    [
        ([], [], "at least one word"),
        (["a"], [0.1, 0.2], r"1 words, gate\.shape=\(2,\)"),
        (["a"], [[[0.1]]], r"gate\.shape=\(1, 1, 1\)"),
        (["a"], [1.5], r"from 0 to 1\. Received: 1\.5"),
        (["a"], [np.nan], r"from 0 to 1\. Received: nan"),
    ],
)
def test_invalid_gate_raises(words, gate, message):
    with pytest.raises(ValueError, match=f"`gate` must .*{message}"):
        gate_figure(words, gate)

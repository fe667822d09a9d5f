"""Tests of the attention heat map."""

import io
import warnings

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from PIL import Image

from foveal.focus import FocusRecord
from foveal.focus.figures import alignment_figure
from foveal.focus.figures.style import ATTENTION_COLORMAP, GOLD_COLOR, MEMORY_COLOR, TEXT_COLOR


def tick_labels(ticks):
    return [tick.get_text() for tick in ticks]


def rendered_pixels(figure):
    """The pixels of the figure, written as PNG and decoded."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=40)
    return np.asarray(Image.open(io.BytesIO(file.getvalue()), formats=["PNG"]).convert("RGB"))


def test_heat_map_has_target_rows_and_source_columns():
    weights = np.random.default_rng(0).dirichlet(np.ones(3), 2)
    axes = alignment_figure(weights, ["o", "gato", "preto"], ["the", "cat"]).axes[0]
    assert tick_labels(axes.get_xticklabels()) == ["o", "gato", "preto"]
    assert tick_labels(axes.get_yticklabels()) == ["the", "cat"]
    np.testing.assert_array_equal(axes.images[0].get_array(), weights)
    assert axes.yaxis_inverted()  # the first word is at the top


def test_gate_bars_have_the_length_of_the_gates():
    figure = alignment_figure(np.ones((3, 2)) / 2, ["a", "b"], ["x", "y", "z"], gate=[0.1, 0.5, 0.9])
    assert len(figure.axes) == 3
    gate = figure.axes[1]
    assert gate.get_title() == "gate"
    assert [bar.get_width() for bar in gate.containers[1]] == [0.1, 0.5, 0.9]
    assert gate.get_ylim() == figure.axes[0].get_ylim()


def test_gate_bars_are_omitted_without_a_gate():
    figure = alignment_figure(np.eye(2), ["a", "b"], ["x", "y"])
    assert len(figure.axes) == 2
    assert figure.get_supxlabel() == ""


def test_target_words_from_memory_are_italic():
    figure = alignment_figure(np.ones((3, 2)) / 2, ["a", "b"], ["x", "y", "z"], gate=[0.51, 0.5, 0.1])
    labels = figure.axes[0].get_yticklabels()
    assert [label.get_fontstyle() for label in labels] == ["italic", "normal", "normal"]
    assert [label.get_color() for label in labels] == [MEMORY_COLOR, TEXT_COLOR, TEXT_COLOR]
    assert {label.get_fontstyle() for label in figure.axes[0].get_xticklabels()} == {"normal"}
    assert figure.get_supxlabel() == (
        "gate: 0 attention alone, 1 memory alone\nitalic: written from memory (gate above 0.5)"
    )


def test_output_gate_marks_no_word_as_from_memory():
    focus = FocusRecord("cross", np.ones((1, 1, 2, 1)), gate=np.ones((1, 1, 2)), gate_kind="output")
    figure = alignment_figure(focus)
    assert {label.get_fontstyle() for label in figure.axes[0].get_yticklabels()} == {"normal"}
    assert figure.get_supxlabel() == "gate: 0 closed, 1 open"


def test_gold_cells_are_outlined():
    axes = alignment_figure(np.eye(3), list("abc"), list("xyz"), gold={(2, 0), (1, 2)}).axes[0]
    outlines = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert {tuple(np.round(patch.get_center())) for patch in outlines} == {(2, 0), (1, 2)}
    assert all(patch.get_edgecolor()[:3] == to_rgb(GOLD_COLOR) for patch in outlines)


@pytest.mark.parametrize(("target", "source"), [(1, 1), (1, 60), (60, 1), (2, 3), (60, 60)])
def test_heat_map_cells_are_nearly_square_for_every_size(target, source):
    weights = np.random.default_rng(0).dirichlet(np.ones(source), target)
    figure = alignment_figure(weights, ["palavra"] * source, ["word"] * target, gate=weights[:, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns if a layout collapses
        assert rendered_pixels(figure).std() > 0
    cells = figure.axes[0].get_window_extent()
    assert 0.15 < (cells.width / source) / (cells.height / target) < 2.5


def test_first_word_of_a_right_to_left_source_stands_at_the_right():
    weights = np.random.default_rng(0).dirichlet(np.ones(3), 2)
    axes = alignment_figure(weights, ["ראיתי", "Star", "טוב"], ["I", "saw"], gold={(0, 1)}).axes[0]
    assert axes.xaxis_inverted()
    assert tick_labels(axes.get_xticklabels()) == ["ראיתי", "Star", "טוב"]
    np.testing.assert_array_equal(axes.images[0].get_array(), weights)
    assert not alignment_figure(weights, ["a", "ראיתי", "b"], ["ראיתי", "b"]).axes[0].xaxis_inverted()


def test_unprintable_labels_are_escaped():
    tokens = ["$x$", "não", "кот", "γάτα", "שלום", "a\x00b\n", " ", ""]
    axes = alignment_figure(np.eye(8), tokens, tokens).axes[0]
    assert tick_labels(axes.get_xticklabels())[5:] == [r"a\x00b\n", "' '", "''"]
    assert rendered_pixels(axes.figure).std() > 0


def test_zero_weights_have_the_lowest_color():
    figure = alignment_figure(np.zeros((2, 3)), list("abc"), list("xy"))
    (image,) = figure.axes[0].images
    np.testing.assert_array_equal(image.get_array(), np.zeros((2, 3)))
    assert image.get_clim() == (0, 1)
    np.testing.assert_array_equal(
        image.to_rgba(np.zeros((2, 3))), np.broadcast_to(ATTENTION_COLORMAP(0.0), (2, 3, 4))
    )
    assert rendered_pixels(figure).std() > 0


def test_invalid_shapes_raise():
    with pytest.raises(ValueError, match=r"`attention` must .*\(2, 3\), 3 target tokens, 2 source tokens"):
        alignment_figure(np.ones((2, 3)), list("ab"), list("xyz"))
    with pytest.raises(ValueError, match="at least one source token"):
        alignment_figure(np.ones((0, 0)), [], [])
    with pytest.raises(ValueError, match=r"`gate` must .*\(2,\)\. Received: gate\.shape=\(3,\)"):
        alignment_figure(np.eye(2), list("ab"), list("xy"), gate=[0, 0, 0])

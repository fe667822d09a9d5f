import io
import warnings

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from PIL import Image

from foveal.focus.figures.alignment import ATTENTION_COLORMAP, GOLD, alignment_figure


def labels(ticks):
    return [tick.get_text() for tick in ticks]


def write(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=40)
    return file.getvalue()


def read_png(content):
    """The pixels of a PNG, decoded."""
    return np.asarray(Image.open(io.BytesIO(content), formats=["PNG"]).convert("RGB"))


def test_rows_are_target_words_and_columns_source_words():
    weights = np.random.default_rng(0).dirichlet(np.ones(3), 2)
    axes = alignment_figure(weights, ["o", "gato", "preto"], ["the", "cat"]).axes[0]
    assert labels(axes.get_xticklabels()) == ["o", "gato", "preto"]
    assert labels(axes.get_yticklabels()) == ["the", "cat"]
    np.testing.assert_array_equal(axes.images[0].get_array(), weights)
    assert axes.yaxis_inverted()  # the first word is at the top


def test_gate_has_a_bar_for_each_target_word_as_long_as_its_value():
    figure = alignment_figure(np.ones((3, 2)) / 2, ["a", "b"], ["x", "y", "z"], gate=[0.1, 0.5, 0.9])
    assert len(figure.axes) == 3
    gate = figure.axes[1]
    assert gate.get_title() == "gate"
    assert [bar.get_width() for bar in gate.containers[1]] == [0.1, 0.5, 0.9]
    assert gate.get_ylim() == figure.axes[0].get_ylim()


def test_without_a_gate_there_is_no_bar():
    assert len(alignment_figure(np.eye(2), ["a", "b"], ["x", "y"]).axes) == 2


def test_gold_cells_are_outlined():
    axes = alignment_figure(np.eye(3), list("abc"), list("xyz"), gold={(2, 0), (1, 2)}).axes[0]
    drawn = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert {tuple(np.round(patch.get_center())) for patch in drawn} == {(2, 0), (1, 2)}
    assert all(patch.get_edgecolor()[:3] == to_rgb(GOLD) for patch in drawn)


def test_equal_steps_of_attention_are_equal_steps_of_lightness():
    linear = ((ATTENTION_COLORMAP(np.linspace(0, 1, 65))[:, :3] + 0.055) / 1.055) ** 2.4
    lightness = 116 * np.cbrt(linear @ [0.2126, 0.7152, 0.0722]) - 16
    steps = -np.diff(lightness)
    assert steps.min() > 0.8
    assert steps.max() < 1.8
    assert lightness[0] > 95


@pytest.mark.parametrize(("target", "source"), [(1, 1), (1, 60), (60, 1), (2, 3), (60, 60)])
def test_every_size_is_drawn_with_room_for_its_cells(target, source):
    weights = np.random.default_rng(0).dirichlet(np.ones(source), target)
    figure = alignment_figure(weights, ["palavra"] * source, ["word"] * target, gate=weights[:, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns where a layout collapses
        assert read_png(write(figure)).std() > 0
    cells = figure.axes[0].get_window_extent()
    assert 0.15 < (cells.width / source) / (cells.height / target) < 2.5


def test_any_text_can_be_a_label():
    tokens = ["$x$", "não", "кот", "γάτα", "שלום", "a\x00b\n", " ", ""]
    axes = alignment_figure(np.eye(8), tokens, tokens).axes[0]
    assert labels(axes.get_xticklabels())[5:] == [r"a\x00b\n", "' '", "''"]
    assert read_png(write(axes.figure)).std() > 0


def test_weights_of_zero_are_drawn():
    figure = alignment_figure(np.zeros((2, 3)), list("abc"), list("xy"))
    (image,) = figure.axes[0].images
    np.testing.assert_array_equal(image.get_array(), np.zeros((2, 3)))
    assert image.get_clim() == (0, 1)
    np.testing.assert_array_equal(
        image.to_rgba(np.zeros((2, 3))), np.broadcast_to(ATTENTION_COLORMAP(0.0), (2, 3, 4))
    )
    assert read_png(write(figure)).std() > 0


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"weights \(2, 3\), labels \(3, 2\)"):
        alignment_figure(np.ones((2, 3)), list("ab"), list("xyz"))
    with pytest.raises(ValueError, match="at least one of both"):
        alignment_figure(np.ones((0, 0)), [], [])
    with pytest.raises(ValueError, match=r"\(2,\)\. Received: \(3,\)"):
        alignment_figure(np.eye(2), list("ab"), list("xy"), gate=[0, 0, 0])

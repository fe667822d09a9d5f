"""Tests of the curves of an attention measure over training."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from foveal.focus.figures import history_figure


def test_each_layer_is_a_labelled_line_in_order_of_steps():
    figure = history_figure(
        {"$a_": [(200, 1.0), (0, 3.0), (100, 2.0)], "b": [(0, 2.5), (50, 2.0)]}, "entropy"
    )
    axes = figure.axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), [(0, 3), (100, 2), (200, 1)])
    np.testing.assert_array_equal(axes.lines[1].get_xydata(), [(0, 2.5), (50, 2)])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["$a_", "b"]
    assert axes.get_ylim()[0] == 0  # half the height is half the value


def test_later_layers_are_darker():
    lines = history_figure({str(n): [(0, 1.0), (1, 1.0)] for n in range(4)}, "m").axes[0].lines
    lightness = [sum(to_rgb(line.get_color())) for line in lines]
    assert lightness == sorted(lightness, reverse=True)
    assert len(set(lightness)) == 4


def test_single_step_has_a_marker(tmp_path):
    figure = history_figure({"a": [(3, 1.0)]}, "entropy")
    assert figure.axes[0].lines[0].get_marker() == "o"
    figure.savefig(tmp_path / "a.png", dpi=30)


def test_negative_values_are_inside_the_axes():
    assert history_figure({"a": [(0, -2.0), (1, 1.0)]}, "m").axes[0].get_ylim()[0] <= -2


@pytest.mark.parametrize("history", [{}, {"a": []}, {"a": [(0, np.nan)]}, {"a": [1, 2]}, {"a": [(1, 2, 3)]}])
def test_invalid_history_raises(history):
    with pytest.raises(ValueError, match=r"`history` must hold finite pairs \(step, value\).* Received: "):
        history_figure(history, "entropy")

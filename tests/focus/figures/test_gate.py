import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from foveal.focus.figures.alignment import GATE
from foveal.focus.figures.gate import gate_figure


def test_the_curve_goes_through_the_gate_of_each_word():
    axes = gate_figure(["a", "$red_"], [0.9, 0.2]).axes[0]
    (line,) = axes.lines
    np.testing.assert_allclose(np.array(line.get_xydata()), [(0, 0.9), (1, 0.2)])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "$red_"]
    assert axes.get_ylim()[0] == 0


def test_heads_are_thin_beside_their_mean():
    gate = np.array([[0.9, 0.2, 0.4], [0.7, 0.4, 0.0]])
    *heads, mean = gate_figure(list("abc"), gate).axes[0].lines
    for line, expected in zip(heads, gate, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), expected)
        assert line.get_linewidth() < mean.get_linewidth()
    np.testing.assert_allclose(np.array(mean.get_ydata()), [0.8, 0.3, 0.2])


@pytest.mark.parametrize("count", [1, 30])
def test_every_length_is_drawn(tmp_path, count):
    figure = gate_figure(["שלום"] * count, np.full(count, 0.5))
    (axes,) = figure.axes
    (line,) = axes.lines
    np.testing.assert_array_equal(line.get_xydata(), [(word, 0.5) for word in range(count)])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["שלום"] * count
    figure.savefig(tmp_path / "a.png", dpi=30)
    picture = Image.open(tmp_path / "a.png", formats=["PNG"])
    np.testing.assert_allclose(picture.size, 30 * figure.get_size_inches(), atol=1)
    curve = np.abs(np.asarray(picture.convert("RGB")) / 255 - to_rgb(GATE)).max(-1) < 0.1
    assert curve.any()
    # the curve spans the words, and the picture is no smaller than they need
    assert figure.get_figwidth() >= 0.5 * count
    assert np.ptp(np.nonzero(curve)[1]) >= 0.5 * 30 * (count - 1)


@pytest.mark.parametrize(
    ("words", "gate", "message"),
    [
        ([], [], "at least one word"),
        (["a"], [0.1, 0.2], r"1 words, gate \(2,\)"),
        (["a"], [[[0.1]]], r"gate \(1, 1, 1\)"),
        (["a"], [1.5], "from 0 to 1"),
        (["a"], [np.nan], "from 0 to 1"),
    ],
)
def test_what_is_no_gate_is_refused(words, gate, message):
    with pytest.raises(ValueError, match=message):
        gate_figure(words, gate)

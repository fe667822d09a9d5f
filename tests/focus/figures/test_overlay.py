"""Tests of the attention over an image."""

import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis
from foveal.focus.figures import overlay_figure
from foveal.focus.figures.overlay import HEAT_COLOR, MAX_OPACITY
from foveal.focus.figures.style import MEMORY_COLOR, TEXT_COLOR

IMAGE = np.full((20, 30, 3), 200, np.uint8)


def opacity(figure, panel):
    """Opacity of the colour, from the green channel."""
    return (200 - figure.axes[panel].images[0].get_array()[..., 1].astype(float)) / (200 - HEAT_COLOR[1])


def test_first_panel_is_the_unchanged_image_and_each_word_has_a_panel():
    figure = overlay_figure(IMAGE, np.ones((2, 4, 5)), ["a", "dog"])
    assert [axes.get_title() for axes in figure.axes] == ["", "a", "dog"]
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), IMAGE)


def test_color_is_most_opaque_at_the_attended_cell_and_absent_without_attention():
    attention = np.zeros((1, 2, 3))
    attention[0, 1, 2] = 0.4  # the lower right cell
    figure = overlay_figure(IMAGE, attention, ["dog"])
    panel = opacity(figure, 1)
    assert panel[15, 25] == pytest.approx(MAX_OPACITY, abs=0.01)
    np.testing.assert_array_equal(np.array(figure.axes[1].images[0].get_array())[:5, :5], IMAGE[:5, :5])
    assert 0 < panel[15, 20] < panel[15, 25]


def test_uniform_attention_is_an_even_color():
    panel = opacity(overlay_figure(IMAGE, np.full((1, 3, 2), 1 / 6), ["dog"]), 1)
    np.testing.assert_allclose(panel, MAX_OPACITY, atol=0.01)


def test_gate_is_the_label_below_each_word_and_explained_by_a_legend():
    figure = overlay_figure(IMAGE, np.ones((2, 1, 1)), ["a", "dog"], gate=[0.9, 0.25])
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "gate 0.90, from memory", "gate 0.25"]
    assert "gate: 0 attention alone, 1 memory alone" in figure.get_supxlabel().replace("\n", " ")


def test_word_from_memory_has_an_italic_title_over_a_pale_grey_image():
    red = np.full((20, 30, 3), (255, 0, 0), np.uint8)  # of luma 0.299 * 255 = 76
    figure = overlay_figure(red, np.zeros((3, 1, 1)), ["of", "dog", "a"], gate=[0.51, 0.5, 0.2])
    styles = [(axes.title.get_fontstyle(), axes.title.get_color()) for axes in figure.axes[1:]]
    assert styles == [("italic", MEMORY_COLOR), *[("normal", TEXT_COLOR)] * 2]
    pixels = [np.asarray(axes.images[0].get_array())[0, 0].tolist() for axes in figure.axes]
    assert pixels == [[255, 0, 0], [(76 + 255 + 1) // 2] * 3, [255, 0, 0], [255, 0, 0]]
    assert "grey image: written from memory (gate above 0.5)" in figure.get_supxlabel().replace("\n", " ")


def test_heat_has_the_strength_of_the_open_share_of_a_sentinel_gate():
    gate = np.array([[[0.0, 0.25, 0.5]]])
    grid = ImageAxis.from_grid(1, 1, (20, 30))
    for gate_kind, strengths in {"sentinel": [1, 0.75, 0.5], "output": [1, 1, 1]}.items():
        focus = FocusRecord("cross", np.ones((1, 1, 3, 1)), gate=gate, gate_kind=gate_kind)
        figure = overlay_figure(IMAGE, focus.with_labels(keys=[grid]))
        for panel, strength in enumerate(strengths, start=1):
            np.testing.assert_allclose(opacity(figure, panel), strength * MAX_OPACITY, atol=0.01)
        assert ("times 1 - gate" in figure.get_supxlabel()) == (gate_kind == "sentinel")


def test_output_gate_marks_no_word_as_from_memory():
    focus = FocusRecord("cross", np.ones((1, 1, 2, 1)), gate=np.ones((1, 1, 2)), gate_kind="output")
    figure = overlay_figure(IMAGE, focus.with_labels(keys=[ImageAxis.from_grid(1, 1, (20, 30))]))
    assert {axes.title.get_fontstyle() for axes in figure.axes} == {"normal"}
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "gate 1.00", "gate 1.00"]
    assert figure.get_supxlabel().endswith("gate: 0 closed, 1 open")


def test_figure_without_a_gate_does_not_mention_one():
    figure = overlay_figure(IMAGE, np.ones((2, 1, 1)), ["a", "dog"])
    assert figure.get_supxlabel().replace("\n", " ") == "attention, 0 to the maximum of each word"
    assert [axes.get_xlabel() for axes in figure.axes] == [""] * 3
    assert not any(axes.child_axes for axes in figure.axes)


def test_titles_of_long_words_lie_inside_the_figure():
    words = ["counterrevolutionary", "ring", "כלב", "of"] * 3
    figure = overlay_figure(IMAGE, np.ones((12, 1, 1)), words, np.linspace(0, 1, 12))
    figure.draw_without_rendering()
    for axes in figure.axes:
        box = axes.title.get_window_extent()
        assert 0 <= box.x0 <= box.x1 <= figure.bbox.width
        assert 0 <= box.y0 <= box.y1 <= figure.bbox.height


def test_record_over_a_grid_of_regions_is_drawn():
    weights = np.random.default_rng(0).dirichlet(np.ones(6), (2, 4, 3))  # 3 queries, 2 x 3 regions
    gate = np.random.default_rng(1).random((2, 4, 3))
    grid = ImageAxis.from_grid(2, 3, (20, 30))
    words = [["a", "red", "dog"], ["a", "cat"]]
    focus = FocusRecord("cross", weights, gate=gate).with_labels(words, [grid, grid])
    figure = overlay_figure(IMAGE, focus, index=1)
    mean = weights[1, :, :2].mean(axis=0).reshape(2, 2, 3)
    expected = overlay_figure(IMAGE, mean, ["a", "cat"], gate[1, :, :2].mean(axis=0))
    for axes, expected_axes in zip(figure.axes, expected.axes, strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), expected_axes.images[0].get_array())
        assert axes.get_title() == expected_axes.get_title()
        assert axes.get_xlabel() == expected_axes.get_xlabel()
    assert "mean of 4 heads" in figure.get_supxlabel().replace("\n", " ")
    assert "head 3" in overlay_figure(IMAGE, focus, head=2).get_supxlabel().replace("\n", " ")
    with pytest.raises(
        ValueError, match=r"keys of the record must be a grid.* Received: keys=None of 'cross'"
    ):
        overlay_figure(IMAGE, FocusRecord("cross", weights))


def test_image_of_floats_from_0_to_1_is_not_black():
    figure = overlay_figure(IMAGE / 255, np.ones((1, 2, 2)), ["dog"])
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), IMAGE)


def test_panels_of_right_to_left_words_start_at_the_right():
    figure = overlay_figure(IMAGE, np.ones((3, 1, 1)), ["كلب", "big", "أسود"])
    figure.draw_without_rendering()
    lefts = {axes.get_title(): axes.get_position().x0 for axes in figure.axes}
    assert sorted(lefts, key=lambda title: -lefts[title]) == ["", "كلب", "big", "أسود"]


def test_many_words_with_markup_render(tmp_path):
    words = ["$a_", "^{", "a\x00", "שלום"] * 4
    figure = overlay_figure(IMAGE, np.random.default_rng(0).random((16, 2, 2)), words, np.zeros(16))
    assert figure.axes[3].get_title() == r"a\x00"
    figure.savefig(tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("image", "attention", "gate", "message"),
    [
        (IMAGE[..., 0], np.ones((1, 2, 2)), None, r"`image` must have shape .*image\.shape=\(20, 30\)"),
        (IMAGE, np.ones((2, 2)), None, r"`attention` must have shape .*attention\.shape=\(2, 2\)"),
        (IMAGE, np.ones((2, 2, 2)), None, "1 words"),
        (IMAGE, np.ones((1, 2, 2)), [0.1, 0.2], r"`gate` must have shape .*gate\.shape=\(2,\)"),
    ],
)
def test_invalid_shapes_raise(image, attention, gate, message):
    with pytest.raises(ValueError, match=message):
        overlay_figure(image, attention, ["a"], gate)

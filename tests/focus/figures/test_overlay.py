"""Tests of the attention over an image."""

import numpy as np
import pytest

from foveal.focus.figures import overlay_figure
from foveal.focus.figures.overlay import MIN_BRIGHTNESS

IMAGE = np.full((20, 30, 3), 200, np.uint8)


def brightness(figure, panel):
    return figure.axes[panel].images[0].get_array()[..., 0] / 200


def test_first_panel_is_the_unchanged_image_and_each_word_has_a_panel():
    figure = overlay_figure(IMAGE, np.ones((2, 4, 5)), ["a", "dog"])
    assert [axes.get_title() for axes in figure.axes] == ["", "a", "dog"]
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), IMAGE)


def test_brightness_is_highest_at_the_attended_cell():
    attention = np.zeros((1, 2, 3))
    attention[0, 1, 2] = 0.4  # the lower right cell
    panel = brightness(overlay_figure(IMAGE, attention, ["dog"]), 1)
    assert panel[15, 25] == pytest.approx(1, abs=0.01)
    assert panel[0, 0] == pytest.approx(MIN_BRIGHTNESS, abs=0.01)
    assert panel[15, 20] < panel[15, 25]


def test_uniform_attention_leaves_the_image_unchanged():
    panel = brightness(overlay_figure(IMAGE, np.full((1, 3, 2), 1 / 6), ["dog"]), 1)
    np.testing.assert_allclose(panel, 1, atol=0.01)


def test_gate_is_the_label_below_each_word():
    figure = overlay_figure(IMAGE, np.ones((2, 1, 1)), ["a", "dog"], gate=[0.9, 0.25])
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "gate 0.90", "gate 0.25"]


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

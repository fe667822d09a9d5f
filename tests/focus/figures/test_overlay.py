import numpy as np
import pytest

from foveal.focus.figures.overlay import FADED, overlay_figure

IMAGE = np.full((20, 30, 3), 200, np.uint8)


def brightness(figure, panel):
    return figure.axes[panel].images[0].get_array()[..., 0] / 200


def test_the_picture_first_then_one_for_each_word():
    figure = overlay_figure(IMAGE, np.ones((2, 4, 5)), ["a", "dog"])
    assert [axes.get_title() for axes in figure.axes] == ["", "a", "dog"]
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), IMAGE)


def test_it_is_bright_where_the_word_looked():
    attention = np.zeros((1, 2, 3))
    attention[0, 1, 2] = 0.4  # the lower right cell
    lit = brightness(overlay_figure(IMAGE, attention, ["dog"]), 1)
    assert lit[15, 25] == pytest.approx(1, abs=0.01)
    assert lit[0, 0] == pytest.approx(FADED, abs=0.01)
    assert lit[15, 20] < lit[15, 25]


def test_the_same_attention_everywhere_leaves_the_picture_as_it_is():
    lit = brightness(overlay_figure(IMAGE, np.full((1, 3, 2), 1 / 6), ["dog"]), 1)
    np.testing.assert_allclose(lit, 1, atol=0.01)


def test_the_gate_is_told_below_each_word():
    figure = overlay_figure(IMAGE, np.ones((2, 1, 1)), ["a", "dog"], gate=[0.9, 0.25])
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "gate 0.90", "gate 0.25"]


def test_many_words_and_signs_are_drawn(tmp_path):
    words = ["$a_", "^{"] * 8
    overlay_figure(IMAGE, np.random.default_rng(0).random((16, 2, 2)), words, np.zeros(16)).savefig(
        tmp_path / "a.png"
    )
    assert (tmp_path / "a.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("image", "attention", "gate", "message"),
    [
        (IMAGE[..., 0], np.ones((1, 2, 2)), None, "image of shape"),
        (IMAGE, np.ones((2, 2)), None, "weights of shape"),
        (IMAGE, np.ones((2, 2, 2)), None, "1 words"),
        (IMAGE, np.ones((1, 2, 2)), [0.1, 0.2], "a gate for each word"),
    ],
)
def test_what_does_not_fit_together_is_refused(image, attention, gate, message):
    with pytest.raises(ValueError, match=message):
        overlay_figure(image, attention, ["a"], gate)

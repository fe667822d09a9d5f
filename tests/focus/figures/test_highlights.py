import io
import warnings

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from foveal.focus.figures.alignment import ATTENTION_COLORMAP, GATE, GOLD
from foveal.focus.figures.highlights import LINE, MOST, WIDTH, highlight_figure


def words_of(figure):
    return {text.get_text(): text for text in figure.axes[0].texts}


def drawn(figure, colour):
    patches = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    return [patch for patch in patches if patch.get_facecolor() == to_rgba(colour)]


def write(figure):
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=40)
    return file.getvalue()


def test_the_ground_of_a_word_is_as_dark_as_its_share_of_the_highest_weight():
    texts = words_of(highlight_figure(["not", "a", "bad"], [0.5, 0.0, 0.25]))
    for word, share in (("not", 1.0), ("a", 0.0), ("bad", 0.5)):
        ground = texts[word].get_bbox_patch()
        assert ground is not None
        assert ground.get_facecolor() == ATTENTION_COLORMAP(share)


def test_words_stand_in_order_in_lines_without_overlap():
    words = [f"word{'x' * (place % 9)}{place}" for place in range(60)]
    figure = highlight_figure(words, np.ones(60))
    renderer = FigureCanvasAgg(figure).get_renderer()
    scale = 72 / figure.dpi
    texts = words_of(figure)
    left, line = -1.0, 0.5 * LINE
    for word in words:
        x, y = texts[word].get_position()
        assert y in (line, line + LINE)
        assert x > left if y == line else x == 0
        left, line = x + texts[word].get_window_extent(renderer).width * scale, y
        assert left <= WIDTH
    assert figure.get_figheight() * 72 > line + LINE


def test_the_gate_is_a_bar_as_long_as_its_value():
    figure = highlight_figure(["a"], [1.0], title="good", gate=0.25)
    (bar,) = drawn(figure, GATE)
    assert bar.get_width() == 0.25 * 70
    assert {"good", "gate 0.25"} <= set(words_of(figure))
    assert not drawn(highlight_figure(["a"], [1.0]), GATE)


def test_gold_words_are_underlined():
    figure = highlight_figure(["not", "so", "bad"], [1, 2, 3], gold=[True, False, True])
    lefts = {words_of(figure)[word].get_position()[0] for word in ("not", "bad")}
    assert {bar.get_x() for bar in drawn(figure, GOLD)} == lefts


def test_of_a_long_text_the_first_words_are_drawn():
    shown = words_of(highlight_figure([f"w{i}" for i in range(MOST + 3)], np.ones(MOST + 3)))
    assert {f"w{MOST - 1}", "…"} <= set(shown)
    assert f"w{MOST}" not in shown


def test_any_text_is_drawn_and_a_word_wider_than_the_page_too():
    words = ["$x$", "não", "кот", "γάτα", "שלום", "a\x00b\n", " ", "x" * 300]
    figure = highlight_figure(words, np.zeros(8))
    assert r"a\x00b\n" in words_of(figure)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert write(figure).startswith(b"\x89PNG")


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"2 words, weights \(3,\), 2 marks"):
        highlight_figure(["a", "b"], [1, 2, 3])
    with pytest.raises(ValueError, match=r"1 words, weights \(1,\), 2 marks"):
        highlight_figure(["a"], [1], gold=[True, False])
    with pytest.raises(ValueError, match="at least one word"):
        highlight_figure([], [])

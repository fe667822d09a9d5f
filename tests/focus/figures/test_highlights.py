"""Tests of the highlighted text."""

import io
import warnings

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from foveal.focus.figures import highlight_figure
from foveal.focus.figures.highlights import LINE_HEIGHT, MAX_WORDS, RIGHT_TO_LEFT_MARK, TEXT_WIDTH
from foveal.focus.figures.style import ATTENTION_COLORMAP, GATE_COLOR, GOLD_COLOR


def texts_by_word(figure):
    return {text.get_text(): text for text in figure.axes[0].texts}


def bars(figure, color):
    patches = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
    return [patch for patch in patches if patch.get_facecolor() == to_rgba(color)]


def test_word_background_is_relative_to_the_maximum_weight():
    texts = texts_by_word(highlight_figure(["not", "a", "bad"], [0.5, 0.0, 0.25]))
    for word, share in (("not", 1.0), ("a", 0.0), ("bad", 0.5)):
        background = texts[word].get_bbox_patch()
        assert background is not None
        assert background.get_facecolor() == ATTENTION_COLORMAP(share)


def test_words_are_laid_out_in_lines_without_overlap():
    words = [f"word{'x' * (index % 9)}{index}" for index in range(60)]
    figure = highlight_figure(words, np.ones(60))
    renderer = FigureCanvasAgg(figure).get_renderer()
    scale = 72 / figure.dpi
    texts = texts_by_word(figure)
    left, line = -1.0, 0.5 * LINE_HEIGHT
    for word in words:
        x, y = texts[word].get_position()
        assert y in (line, line + LINE_HEIGHT)
        assert x > left if y == line else x == 0
        left, line = x + texts[word].get_window_extent(renderer).width * scale, y
        assert left <= TEXT_WIDTH
    assert figure.get_figheight() * 72 > line + LINE_HEIGHT


def test_gate_bar_has_the_length_of_the_gate():
    figure = highlight_figure(["a"], [1.0], title="good", gate=0.25)
    (bar,) = bars(figure, GATE_COLOR)
    assert bar.get_width() == 0.25 * 70
    assert {"good", "gate 0.25"} <= set(texts_by_word(figure))
    assert not bars(highlight_figure(["a"], [1.0]), GATE_COLOR)


def test_gold_words_are_underlined():
    figure = highlight_figure(["not", "so", "bad"], [1, 2, 3], gold=[True, False, True])
    lefts = {texts_by_word(figure)[word].get_position()[0] for word in ("not", "bad")}
    assert {bar.get_x() for bar in bars(figure, GOLD_COLOR)} == lefts


def test_long_text_is_truncated_with_an_ellipsis():
    texts = texts_by_word(highlight_figure([f"w{i}" for i in range(MAX_WORDS + 3)], np.ones(MAX_WORDS + 3)))
    assert {f"w{MAX_WORDS - 1}", "…"} <= set(texts)
    assert f"w{MAX_WORDS}" not in texts


def positions(figure):
    """The position of each word, without the mark that mirrors brackets."""
    texts = texts_by_word(figure)
    return {word.removeprefix(RIGHT_TO_LEFT_MARK): text.get_position() for word, text in texts.items()}


def test_first_word_of_right_to_left_text_stands_at_the_right():
    words = ["הסרט", "(", "Star", "Wars", ")", "7", "טוב", "מאוד"] + [
        f"מלה{'א' * index}" for index in range(30)
    ]
    figure = highlight_figure(words, np.ones(len(words)), gold=[True, *[False] * (len(words) - 1)])
    lefts = positions(figure)
    first_line = [word for word in words if lefts[word][1] == lefts["הסרט"][1]]
    order = sorted(first_line, key=lambda word: -lefts[word][0])
    assert order == ["הסרט", "(", "Wars", "Star", ")", "7", *first_line[6:]]
    assert lefts[words[-1]][1] > lefts["הסרט"][1]  # lines run down
    renderer = FigureCanvasAgg(figure).get_renderer()
    text = texts_by_word(figure)[RIGHT_TO_LEFT_MARK + "הסרט"]
    width = text.get_window_extent(renderer).width * 72 / figure.dpi
    assert lefts["הסרט"][0] + width == pytest.approx(TEXT_WIDTH, abs=1)
    (underline,) = bars(figure, GOLD_COLOR)
    assert underline.get_x() == lefts["הסרט"][0]


def test_right_to_left_words_of_left_to_right_text_keep_their_order():
    lefts = positions(highlight_figure(["say", "שלום", "עולם", "now"], np.ones(4)))
    left_to_right = sorted(["say", "שלום", "עולם", "now"], key=lambda word: lefts[word][0])
    assert left_to_right == ["say", "עולם", "שלום", "now"]


def test_any_characters_and_overlong_words_render_without_warnings():
    words = ["$x$", "não", "кот", "γάτα", "שלום", "a\x00b\n", " ", "x" * 300]
    words += ["हिन्दी", "电影", "ภาษา", "😀👍🏽👨‍👩‍👧🇵🇹", "می‌خواهم", "_x", "\x1b[31m", "\u202e"]
    figure = highlight_figure(words, np.zeros(16), title="שלום $ हिन्दी\n")
    assert r"a\x00b\n" in texts_by_word(figure)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(file, format="png", dpi=40)
    assert file.getvalue().startswith(b"\x89PNG")


def test_invalid_lengths_raise():
    with pytest.raises(ValueError, match=r"2 words, attention\.shape=\(3,\), len\(gold\)=2"):
        highlight_figure(["a", "b"], [1, 2, 3])
    with pytest.raises(ValueError, match=r"1 words, attention\.shape=\(1,\), len\(gold\)=2"):
        highlight_figure(["a"], [1], gold=[True, False])
    with pytest.raises(ValueError, match="at least one word"):
        highlight_figure([], [])

"""Tests of the curves of an attention measure over training."""

import keras
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from foveal.focus import FocusHistory
from foveal.focus.figures import history_figure


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("num_heads", [1, 2, 3, 4])
def test_history_of_training_is_drawn_per_head_and_as_mean(num_heads):
    inputs = keras.Input((3, 8))
    attention = keras.layers.MultiHeadAttention(num_heads, 4, name="attention")
    model = keras.Model(inputs, keras.layers.Dense(1)(attention(inputs, inputs)))
    model.compile(loss="mse")
    history = FocusHistory(np.random.default_rng(0).random((2, 3, 8)))
    model.fit(np.ones((4, 3, 8)), np.ones((4, 3, 1)), epochs=4, verbose=0, callbacks=[history])
    values = history.history["entropy"]["attention"]
    for figure in (
        history_figure(history),
        history_figure(history, "entropy"),
        history_figure(history.history["entropy"], "entropy", history.steps),
        history_figure(history.history["entropy"], "entropy"),
    ):
        (axes,) = figure.axes
        *heads, mean = axes.lines
        np.testing.assert_array_equal(mean.get_xdata(), [0, 1, 2, 3, 4])
        np.testing.assert_allclose(np.array(mean.get_ydata()), values.mean(axis=1))
        if num_heads > 1:
            np.testing.assert_allclose(np.array([head.get_ydata() for head in heads]), values.T)
        name = "attention" + (f", mean of {num_heads} heads" if num_heads > 1 else "")
        assert legend(figure) == [name]
        assert axes.get_ylabel() == "entropy"
    assert history_figure(history).axes[0].get_xlabel() == "epoch"


def test_each_layer_is_a_labelled_line_in_order_of_steps():
    history = {"$a_": [1.0, 3.0, 2.0], "b": [[2.0, 1.0], [2.5, 0.5], [1.0, 1.0]]}
    figure = history_figure(history, "entropy", steps=[200, 0, 100])
    axes = figure.axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), [(0, 3), (100, 2), (200, 1)])
    np.testing.assert_array_equal(axes.lines[-1].get_xydata(), [(0, 1.5), (100, 1), (200, 1.5)])
    assert legend(figure) == ["$a_", "b, mean of 2 heads"]
    assert axes.get_ylim()[0] == 0  # half the height is half the value


def test_later_layers_are_darker():
    lines = history_figure({str(n): [1.0, 1.0] for n in range(4)}, "m").axes[0].lines
    lightness = [sum(to_rgb(line.get_color())) for line in lines]
    assert lightness == sorted(lightness, reverse=True)
    assert len(set(lightness)) == 4


def test_single_sample_has_a_marker(tmp_path):
    figure = history_figure({"a": [1.0]}, "entropy", steps=[3])
    assert figure.axes[0].lines[0].get_marker() == "o"
    figure.savefig(tmp_path / "a.png", dpi=30)


def test_values_of_a_head_without_a_value_are_left_out():
    mean = history_figure({"a": [[1.0, np.nan], [np.nan, np.nan], [2.0, 4.0]]}, "m").axes[0].lines[-1]
    np.testing.assert_array_equal(mean.get_ydata(), [1, np.nan, 3])


def test_negative_values_are_inside_the_axes():
    assert history_figure({"a": [-2.0, 1.0]}, "m").axes[0].get_ylim()[0] <= -2


@pytest.mark.parametrize(
    "history", [{}, {"a": []}, {"a": [np.nan]}, {"a": [np.inf, 1]}, {"a": [[[1.0]]]}, {"a": [1, 2], "b": [1]}]
)
def test_invalid_history_raises(history):
    with pytest.raises(ValueError, match=r"`history` must hold finite values.* Received: "):
        history_figure(history, "entropy", steps=[0] * len(history.get("a", [])))


def test_all_measures_of_a_callback_raise():
    with pytest.raises(
        ValueError, match=r"`history` must be one measure .* Received: the measures \['gini'\]"
    ):
        history_figure({"gini": {"attention": np.ones((3, 2))}})  # pyright: ignore[reportArgumentType]


def test_unknown_measure_of_a_callback_raises():
    with pytest.raises(
        ValueError, match=r"`measure` must be one of .*\['entropy'\]. Received: measure='gini'"
    ):
        history_figure(FocusHistory(np.ones((1, 2, 3))), "gini")

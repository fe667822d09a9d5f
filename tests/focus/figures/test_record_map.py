"""Tests of the figures of focus records."""

import keras
import numpy as np
import pytest

from foveal.focus import (
    FocusRecord,
    alignment_figure,
    gate_figure,
    head_grid_figure,
    highlight_figure,
    load_records,
    overlay_figure,
    record,
    save_records,
)
from foveal.layers import MultiHeadAttention

TOKENS = [["a", "big", "cat"], ["two", "dogs"]]


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Records of a gated attention of two heads and of a pooled query, saved and loaded."""
    inputs = keras.Input((3,), dtype="int32")
    embedded = keras.layers.Embedding(9, 8)(inputs)
    states = MultiHeadAttention(2, 4, gate="sentinel")(embedded, embedded)
    query = keras.ops.mean(states, axis=1, keepdims=True)
    model = keras.Model(inputs, keras.layers.MultiHeadAttention(4, 4)(query, states))
    path = tmp_path_factory.mktemp("records") / "focus.npz"
    save_records(record(model, np.array([[1, 2, 3], [4, 5, 0]]), labels=TOKENS), path)
    return load_records(path)


def tick_labels(ticks):
    return [tick.get_text() for tick in ticks]


def test_alignment_figure_of_a_record(records):
    focus = records[0]
    figure = alignment_figure(focus, index=1)
    heat_map, gate, colorbar = figure.axes
    np.testing.assert_allclose(
        np.array(heat_map.images[0].get_array()), focus.weights[1, :, :2, :2].mean(axis=0)
    )
    assert tick_labels(heat_map.get_xticklabels()) == tick_labels(heat_map.get_yticklabels()) == TOKENS[1]
    widths = [bar.get_width() for bar in gate.containers[1]]
    np.testing.assert_allclose(widths, focus.gate[1, :, :2].mean(axis=0), rtol=1e-6)
    assert colorbar.get_ylabel() == "attention, mean of 2 heads"
    assert figure.get_supxlabel().startswith("gate: 0 attention alone, 1 memory alone")
    head = alignment_figure(focus, head=1)
    np.testing.assert_allclose(np.array(head.axes[0].images[0].get_array()), focus.weights[0, 1])
    assert head.axes[-1].get_ylabel() == "attention, head 2"
    unlabelled = alignment_figure(FocusRecord("attention", focus.weights)).axes[0]
    assert tick_labels(unlabelled.get_xticklabels()) == ["1", "2", "3"]


def test_gate_figure_of_a_record(records):
    figure = gate_figure(records[0], index=1)
    np.testing.assert_allclose(
        np.array(figure.axes[0].lines[-1].get_ydata()), records[0].gate[1, :, :2].mean(axis=0), rtol=1e-6
    )
    assert tick_labels(figure.axes[0].get_xticklabels()) == TOKENS[1]
    assert tick_labels(figure.axes[0].get_yticklabels()) == ["0: attention alone", "0.5", "1: memory alone"]
    assert figure.legends[0].get_texts()[0].get_text() == "mean of 2 heads"
    with pytest.raises(ValueError, match="`gate` must be given"):
        gate_figure(records[1])


def test_highlight_figure_of_a_record(records):
    texts = [text.get_text() for text in highlight_figure(records[1], title="pets").axes[0].texts]
    assert texts[:4] == ["a", "big", "cat", "pets"]
    assert texts[4].startswith("attention, mean of 4 heads, 0 to ")
    of_word = highlight_figure(records[0], query=1, head=0, index=1).axes[0].texts
    assert [text.get_text() for text in of_word][:2] == TOKENS[1]
    with pytest.raises(ValueError, match=r"one of 3 queries .*\['a', 'big', 'cat'\]. Received: query=None"):
        highlight_figure(records[0])


def test_head_grid_figure_labels_tokens(records):
    figure = head_grid_figure(records, index=1)
    panels = figure.axes[:6]
    assert [axes.get_title() for axes in panels] == [f"head {n}" for n in (1, 2, 1, 2, 3, 4)]
    assert [tick_labels(axes.get_yticklabels()) for axes in panels[:2]] == [TOKENS[1], []]
    assert tick_labels(panels[2].get_yticklabels()) == []  # the pooled query has no token
    assert [tick_labels(axes.get_xticklabels()) for axes in panels] == [[], [], *[TOKENS[1]] * 4]


def test_list_of_records_raises_where_one_is_drawn(records):
    for figure in (alignment_figure, gate_figure, highlight_figure):
        with pytest.raises(ValueError, match=r"must have one record, such as `records\[0\]`. Received: rec"):
            figure(records)
    with pytest.raises(ValueError, match="must have one record"):
        overlay_figure(np.zeros((2, 2, 3)), records)


def test_missing_example_or_head_raises(records):
    with pytest.raises(ValueError, match=r"`index` must be .* 2 examples .* Received: index=2"):
        alignment_figure(records[0], index=2)
    with pytest.raises(ValueError, match=r"`head` must be .* 2 heads .* Received: head=2"):
        alignment_figure(records[0], head=2)

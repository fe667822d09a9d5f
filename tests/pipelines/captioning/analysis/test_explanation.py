"""Tests of the explanation of a caption."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.captioning.analysis.explanation import explain


def signature(valid=True, gate=(0.9, 0.2, 0.4, 0.1, 0.7)):
    """Return a signature with the caption `a red star`, whose tokens `re` and `d` are one word."""
    outputs = {
        "text": ["a red star"],
        "score": [-0.5],
        "valid": [valid],
        "target_offsets": [[(0, 1), (2, 4), (4, 5), (6, 10), (10, 10)]],
        "attention": np.zeros((1, 5, 2, 3), np.float32),
        "gate": [gate],
        "regions": np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4),
    }
    outputs["attention_heads"] = np.zeros((1, 5, 1, 4, 2, 3), np.float32)
    outputs["attention"][0, 0, 0, 0] = 1
    outputs["attention"][0, 1, 1, 2] = 1
    outputs["attention"][0, 2, 1, 1] = 1
    outputs["attention"][0, 3, 0, 2] = 1
    return lambda image: {name: tf.constant(value) for name, value in outputs.items()}


def test_explain_aggregates_tokens_to_words():
    explanation = explain(signature(), b"")
    assert (explanation.caption, explanation.words) == ("a red star", ["a", "red", "star"])
    assert explanation.gate == pytest.approx([0.9, 0.3, 0.1], abs=1e-6)
    assert explanation.attention.shape == (3, 2, 3)
    np.testing.assert_allclose(explanation.attention[1], [[0, 0, 0], [0, 0.5, 0.5]])
    assert explanation.attention[2, 0, 2] == 1


def test_table_names_the_highest_region_of_each_word():
    lines = explain(signature(), b"").table().splitlines()
    assert lines == [
        "a     gate 0.90  from memory",
        "red   gate 0.30  highest weight  50% at pixel rows 16-18, columns 17-19",
        "star  gate 0.10  highest weight 100% at pixel rows 8-10, columns 9-11",
        "",
        "attention, mean of 4 heads",
        "gate: 0 attention alone, 1 memory alone; from memory: gate above 0.5",
    ]


def test_model_without_a_gate_has_none_in_table_and_figure():
    explanation = explain(signature(gate=(0.0,) * 5), b"")
    assert explanation.gate is None
    lines = explanation.table().splitlines()
    assert lines[0] == "a     highest weight 100% at pixel rows 0-2, columns 1-3"
    assert lines[3:] == ["", "attention, mean of 4 heads"]
    figure = explanation.figure(np.full((20, 30, 3), 100, np.uint8))
    assert [axes.get_xlabel() for axes in figure.axes] == [""] * 4


def test_word_without_a_gate_is_from_attention_in_a_model_with_a_gate():
    """A gate of zero of one word is not that of a model without a gate."""
    explanation = explain(signature(gate=(0.0, 0.0, 0.0, 0.0, 0.7)), b"")
    assert explanation.table().splitlines()[0].startswith("a     gate 0.00  highest weight 100%")


def test_figure_has_a_panel_per_word():
    figure = explain(signature(), b"").figure(np.full((20, 30, 3), 100, np.uint8))
    assert [axes.get_title() for axes in figure.axes] == ["", "a", "red", "star"]
    assert "mean of 4 heads" in figure.get_supxlabel().replace("\n", " ")


def test_undecodable_image_raises():
    with pytest.raises(ValueError, match="Received: an empty file"):
        explain(signature(valid=False), b"")

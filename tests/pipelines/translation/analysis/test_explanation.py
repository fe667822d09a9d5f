"""Tests of the explanation of one translation, with a constant signature."""

from functools import partial

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.translation.analysis.explanation import Explanation, explain

# "the big dog" -> "o cão grande": byte spans of the tokens, and their attention
SOURCE_OFFSETS = [(0, 3), (4, 7), (8, 9), (9, 11), (11, 11)]  # the | big | d | og | [END]
TARGET_OFFSETS = [(0, 1), (2, 4), (4, 6), (7, 13), (13, 13)]  # o | cã | o | grande | [END]
ATTENTION = [
    [0.8, 0.1, 0.1, 0.0, 0.0],
    [0.0, 0.2, 0.5, 0.3, 0.0],
    [0.0, 0.4, 0.3, 0.1, 0.2],
    [0.1, 0.9, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 1.0],
]
GATE = [0.1, 0.2, 0.4, 0.5, 1.0]


def signature(text, gate=GATE):
    """Return the same outputs for every text."""
    outputs = {
        "text": np.array(["o cão grande".encode()], object),
        "score": np.array([-0.5], np.float32),
        "attention": np.array([ATTENTION], np.float32),
        "attention_heads": np.array([np.stack([ATTENTION] * 2)[:, None]], np.float32).transpose(
            0, 3, 2, 1, 4
        ),
        "gate": np.array([gate], np.float32),
        "source_offsets": np.array([SOURCE_OFFSETS], np.int32),
        "target_offsets": np.array([TARGET_OFFSETS], np.int32),
    }
    return {name: tf.constant(np.repeat(value, text.shape[0], axis=0)) for name, value in outputs.items()}


def test_explanation_has_attention_and_gate_of_words():
    explanation = explain(signature, "the big dog")
    assert (explanation.translation, explanation.score) == ("o cão grande", -0.5)
    assert explanation.source_words == ["the", "big", "dog", "[END]"]
    assert explanation.target_words == ["o", "cão", "grande"]
    # source tokens are summed, target tokens averaged; the remainder of 1 belongs to the end mark
    expected = [[0.8, 0.1, 0.1, 0.0], [0.0, 0.3, 0.6, 0.1], [0.1, 0.9, 0.0, 0.0]]
    np.testing.assert_allclose(explanation.attention, expected, atol=1e-6)
    assert explanation.gate == pytest.approx([0.1, 0.3, 0.5], abs=1e-6)


def test_table_lists_source_word_of_highest_weight():
    lines = explain(signature, "the big dog").table().splitlines()
    assert lines == [
        "o       <-  the     80%  gate 0.10",
        "cão     <-  dog     60%  gate 0.30",
        "grande  <-  big     90%  gate 0.50",
        "",
        "attention, mean of 2 heads",
        "gate: 0 attention alone, 1 memory alone; from memory: gate above 0.5",
    ]


def test_table_marks_words_from_memory_instead_of_a_source_word():
    lines = explain(partial(signature, gate=[0.1, 0.5, 0.7, 0.5, 0.0]), "the big dog").table().splitlines()
    assert lines[:3] == [
        "o       <-  the     80%  gate 0.10",
        "cão     from memory      gate 0.60",
        "grande  <-  big     90%  gate 0.50",
    ]


def test_model_without_a_gate_has_none_in_table_and_figure():
    explanation = explain(partial(signature, gate=[0.0] * 5), "the big dog")
    assert explanation.gate is None
    lines = explanation.table().splitlines()
    assert lines[1] == "cão     <-  dog     60%"
    assert lines[3:] == ["", "attention, mean of 2 heads"]
    assert len(explanation.figure().axes) == 2  # heat map and colour bar


def test_table_of_word_without_attention_has_no_source_word():
    explanation = Explanation("a", "b", 0.0, ["a"], ["b"], np.zeros((1, 1)), np.zeros(1))
    assert explanation.table().splitlines()[0] == "b  <-  -    0%  gate 0.00"


def test_figure_has_label_for_each_target_word():
    figure = explain(signature, "the big dog").figure()
    labels = {text.get_text() for axes in figure.axes for text in axes.get_yticklabels()}
    assert {"o", "cão", "grande"} <= labels
    assert figure.axes[-1].get_ylabel() == "attention, mean of 2 heads"

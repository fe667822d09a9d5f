"""Tests of the explanation of one prediction, with a constant signature."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.sentiment.analysis.explanation import Explanation, explain

# byte spans of the tokens of "not bad, as such"; the first token is the space before the text
OFFSETS = [(0, 0), (0, 3), (4, 5), (5, 7), (7, 8), (9, 11), (0, 0)]
ATTENTION = [0.1, 0.4, 0.1, 0.2, 0.0, 0.2, 0.0]


def signature(text):
    """Return the same outputs for every text, truncated after eleven bytes."""
    outputs = {
        "label": np.array([b"good"], object),
        "classes": np.array([[b"bad", b"good"]], object),
        "probabilities": np.array([[0.3, 0.7]], np.float32),
        "attention": np.array([ATTENTION], np.float32),
        "attention_heads": np.array([[ATTENTION] * 4], np.float32),
        "source_offsets": np.array([OFFSETS], np.int32),
        "gate": np.array([0.25], np.float32),
        "bytes_read": np.array([11], np.int32),
    }
    return {name: tf.constant(np.repeat(value, text.shape[0], axis=0)) for name, value in outputs.items()}


def test_explanation_has_attention_of_words_before_truncation():
    explanation = explain(signature, "not bad, as such")
    assert explanation.words == ["not", "bad", ",", "as"]
    np.testing.assert_allclose(explanation.attention, [0.4, 0.3, 0, 0.2], atol=1e-6)
    assert explanation.probabilities == pytest.approx({"bad": 0.3, "good": 0.7})
    assert (explanation.label, explanation.gate, explanation.bytes_read) == ("good", 0.25, 11)


def test_explanation_of_hindi_has_words_with_their_vowel_signs():
    review = "यह अच्छी फिल्म है।"

    def signature_of_characters(text):
        """Give the first characters of the words, consonants without their signs, equal weights."""
        starts = [0, 7, 23, 39, 45]
        outputs = {
            "source_offsets": np.array([[(start, start + 3) for start in starts]], np.int32),
            "attention": np.full((1, 5), 0.2, np.float32),
            "bytes_read": np.array([len(review.encode())], np.int32),
        }
        return {**signature(text), **{name: tf.constant(value) for name, value in outputs.items()}}

    explanation = explain(signature_of_characters, review)
    assert explanation.words == ["यह", "अच्छी", "फिल्म", "है", "।"]
    np.testing.assert_allclose(explanation.attention, 0.2, atol=1e-6)


def test_table_lists_words_by_weight():
    lines = explain(signature, "not bad, as such").table().splitlines()
    assert lines == [
        "good (bad 30.0%, good 70.0%)",
        "",
        "not   40%",
        "bad   30%",
        "as    20%",
        "",
        "attention, mean of 4 heads",
        "gate 0.25 (0: attention alone; 1: memory alone, the mean of the text)",
        "truncated after byte 11 of 16",
    ]
    assert "truncated" not in explain(signature, "not bad, as").table()


def test_model_without_a_gate_has_none_in_table_and_figure():
    def signature_without_gate(text):
        return {**signature(text), "gate": tf.zeros(text.shape[0])}

    explanation = explain(signature_without_gate, "not bad, as such")
    assert explanation.gate is None
    assert explanation.table().splitlines()[5:] == [
        "",
        "attention, mean of 4 heads",
        "truncated after byte 11 of 16",
    ]
    texts = [text.get_text() for text in explanation.figure().axes[0].texts]
    assert not any("gate" in text for text in texts)


def test_table_lists_words_of_a_long_text_whose_weights_are_small():
    words = [f"word{index}" for index in range(400)]
    weights = np.full(400, 0.0025)
    weights[[3, 5]] = 0.004, 0
    explanation = Explanation(" ".join(words), "good", {"good": 1.0}, words, weights, None, 0)
    lines = explanation.table().splitlines()[2:10]
    assert [line.split() for line in lines[:3]] == [["word3", "0.4%"], ["word0", "0.2%"], ["word1", "0.2%"]]
    assert all(line.endswith("%") for line in lines)


def test_table_of_a_blank_text_has_no_weights():
    table = Explanation(" ", "", {"bad": 0.5, "good": 0.5}, [], np.zeros(0), None, 1).table()
    assert table == "no label: the text is blank (bad 50.0%, good 50.0%)"


def test_figure_shows_words_label_and_gate():
    figure = explain(signature, "not bad, as such").figure()
    *labels, legend = [text.get_text() for text in figure.axes[0].texts]
    assert set(labels) == {"not", "bad", ",", "as", "good 70%", "gate 0.25"}
    assert legend == "attention, mean of 4 heads, 0 to 40%; gate: 0 attention alone, 1 memory alone"

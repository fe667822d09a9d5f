"""Tests of perturbations and robustness, with a classifier by one word."""

import dataclasses

import numpy as np
import tensorflow as tf

from foveal.datasets import LabelledText
from foveal.focus import word_offsets
from foveal.pipelines.sentiment.analysis.robustness import (
    default_perturbations,
    evaluate_robustness,
    non_rationale_sentences,
)

TEST = LabelledText(
    ["it was lovely. it rained.", "so awful!", "tea."],
    np.array([1, 0, 1]),
    ["bad", "good"],
    [np.array([[7, 13]]), np.array([[3, 8]]), np.zeros((0, 2), int)],
    [np.array([[0, 14], [15, 25]]), np.array([[0, 9]]), np.array([[0, 4]])],
)


def signature(text):
    """Predict `bad` for texts with `awful`, else `good`; the attention is uniform."""
    texts = [t.decode() for t in text.numpy()]
    max_words = max(len(t.split()) for t in texts)
    offsets, attention = np.zeros((len(texts), max_words, 2), int), np.zeros((len(texts), max_words))
    for row, t in enumerate(texts):
        num_words = len(t.split())
        offsets[row, :num_words] = word_offsets(t)
        attention[row, :num_words] = 1 / num_words
    labels = ["bad" if "awful" in t else "good" for t in texts]
    outputs = {"label": labels, "attention": attention, "source_offsets": offsets}
    return {name: tf.constant(value) for name, value in outputs.items()}


def test_non_rationale_sentences_overlap_no_rationale():
    assert non_rationale_sentences(TEST) == ["it rained.", "tea."]
    assert non_rationale_sentences(dataclasses.replace(TEST, rationales=None)) == []


def test_distractors_require_sentences_with_rationales():
    names = ["letters", "Unicode", "words dropped", "words swapped", "distractors"]
    assert list(default_perturbations(TEST)) == names
    assert "distractors" not in default_perturbations(dataclasses.replace(TEST, sentences=None))


def test_distractors_do_not_change_quality_and_uniform_attention():
    results = evaluate_robustness({"explain": signature}, TEST)
    assert [row.severity for row in results["distractors"]] == [0.05, 0.1, 0.2, 0.3, 0.5]
    for row in results["distractors"]:
        assert (row.quality.value, row.drop.value) == (1, 0)
        assert abs(row.divergence.value) < 1e-6


def test_character_noise_lowers_quality():
    results = evaluate_robustness({"explain": signature}, TEST)
    assert results["letters"][-1].quality.value < 1  # `awful` has other letters

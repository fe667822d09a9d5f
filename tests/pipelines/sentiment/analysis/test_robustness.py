import dataclasses

import numpy as np
import tensorflow as tf

from foveal.datasets import LabelledText
from foveal.focus import word_offsets
from foveal.pipelines.sentiment.analysis.robustness import (
    measure_robustness,
    non_rationale_sentences,
    perturbations,
)

TEST = LabelledText(
    ["it was lovely. it rained.", "so awful!", "tea."],
    np.array([1, 0, 1]),
    ["bad", "good"],
    [np.array([[7, 13]]), np.array([[3, 8]]), np.zeros((0, 2), int)],
    [np.array([[0, 14], [15, 25]]), np.array([[0, 9]]), np.array([[0, 4]])],
)


def signature(text):
    """Good without `awful`; looks at all words alike."""
    texts = [one.decode() for one in text.numpy()]
    longest = max(len(one.split()) for one in texts)
    offsets, attention = np.zeros((len(texts), longest, 2), int), np.zeros((len(texts), longest))
    for row, one in enumerate(texts):
        offsets[row, : len(one.split())] = word_offsets(one)
        attention[row, : len(one.split())] = 1 / len(one.split())
    labels = ["bad" if "awful" in one else "good" for one in texts]
    told = {"label": labels, "attention": attention, "source_offsets": offsets}
    return {name: tf.constant(value) for name, value in told.items()}


def test_what_is_beside_the_point_holds_no_part_of_a_rationale():
    assert non_rationale_sentences(TEST) == ["it rained.", "tea."]
    assert non_rationale_sentences(dataclasses.replace(TEST, rationales=None)) == []


def test_distractors_need_to_know_what_decides():
    assert list(perturbations(TEST)) == ["letters", "words dropped", "words swapped", "distractors"]
    assert "distractors" not in perturbations(dataclasses.replace(TEST, sentences=None))


def test_sentences_that_decide_nothing_change_nothing_for_who_looks_at_all_words_alike():
    found = measure_robustness({"explain": signature}, TEST)
    assert [row.severity for row in found["distractors"]] == [0.05, 0.1, 0.2, 0.3, 0.5]
    for row in found["distractors"]:
        assert (row.quality.value, row.drop.value) == (1, 0)
        assert abs(row.divergence.value) < 1e-6
    assert found["letters"][-1].quality.value < 1  # `awful` is not to be read any more

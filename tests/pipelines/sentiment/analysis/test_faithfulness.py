"""Tests of faithfulness measures with a classifier whose decision depends on one word."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import LabelledText
from foveal.focus import word_offsets
from foveal.pipelines.sentiment.analysis.faithfulness import (
    evaluate_faithfulness,
    faithfulness_and_plausibility_measures,
)

TEXTS = ["it was lovely to see", "so very awful", "lovely"]
RATIONALES = [np.array([[7, 13]]), np.array([[8, 13]]), np.zeros((0, 2), int)]
TEST = LabelledText(TEXTS, np.array([1, 0, 1]), ["bad", "good"], RATIONALES)


def signature(text):
    """Predict by `lovely` or `awful`, with 0.6 of the attention; the other words have equal weights."""
    texts = [t.decode() for t in text.numpy()]
    offsets, attention = np.zeros((len(texts), 6, 2), int), np.zeros((len(texts), 6))
    good = np.full(len(texts), 0.5)
    for row, t in enumerate(texts):
        words = t.split()
        is_decisive = np.array([word in ("lovely", "awful") for word in words], bool)
        offsets[row, : len(words)] = word_offsets(t)
        attention[row, : len(words)] = np.where(is_decisive, 0.6, 0.4 / max(len(words) - 1, 1))
        good[row] = 0.9 if "lovely" in words else 0.2 if "awful" in words else 0.5
    outputs = {
        "probabilities": np.stack([1 - good, good], 1),
        "attention": attention,
        "source_offsets": offsets,
    }
    return {name: tf.constant(value) for name, value in outputs.items()}


SIGNATURES = {"serving_default": signature, "explain": signature}
DECISIVE = [np.array([0, 0, 1, 0, 0.0]), np.array([0, 0, 1.0]), np.array([1.0])]
INDECISIVE = [np.array([0.4, 0.6, 0, 0, 0]), np.array([1.0, 0, 0]), np.array([1.0])]


@pytest.fixture(scope="module")
def measures():
    return faithfulness_and_plausibility_measures(SIGNATURES, TEST)


def test_map_on_decisive_word_is_faithful_and_plausible(measures):
    values = {name: measure(DECISIVE) for name, measure in measures.items()}
    # 0.9 or 0.8 minus the 0.5 of a text without the word
    np.testing.assert_allclose(values["comprehensiveness"], [0.4, 0.3, 0.4])
    np.testing.assert_allclose(values["sufficiency"], 0, atol=1e-7)
    np.testing.assert_allclose(values["agreement with leave-one-out"], [1, 1, 0])
    np.testing.assert_array_equal(values["average precision"], [1, 1, np.nan])
    np.testing.assert_array_equal(values["mass on rationales"], [1, 1, np.nan])


def test_map_on_other_words_is_unfaithful(measures):
    values = {name: measure(INDECISIVE) for name, measure in measures.items()}
    # half of the words, rounded up, does not include the decisive word
    assert values["comprehensiveness"][0] == pytest.approx(0.0)
    assert values["sufficiency"][0] == pytest.approx(0.4 * 5 / 5)
    assert values["agreement with leave-one-out"][0] < 0
    np.testing.assert_array_equal(values["mass on rationales"], [0, 0, np.nan])


def test_faithfulness_is_compared_with_baselines():
    comparisons = evaluate_faithfulness(SIGNATURES, TEST)
    mass = comparisons["mass on rationales"]
    assert mass.value.value == pytest.approx(0.6)
    assert mass.baselines["uniform"].value == pytest.approx((1 / 5 + 1 / 3) / 2)
    assert comparisons["average precision"].value.value == 1
    assert comparisons["comprehensiveness"].improvements["uniform"].value > 0


def test_erased_words_of_chinese_are_ideographs():
    """The text changes by one ideograph, the only one that decides, not as a whole."""

    def signature(text):
        texts = [t.decode() for t in text.numpy()]
        good = np.array([0.9 if "好" in t else 0.5 for t in texts])
        assert all(t and " " not in t for t in texts)
        return {"probabilities": tf.constant(np.stack([1 - good, good], 1))}

    test = LabelledText(["电影很好。"], np.array([1]), ["bad", "good"])
    measures = faithfulness_and_plausibility_measures({"serving_default": signature}, test)
    values = {name: measure([np.array([0.1, 0.2, 0.1, 0.6])]) for name, measure in measures.items()}
    assert values["comprehensiveness"] == pytest.approx([0.4])
    assert values["sufficiency"] == pytest.approx([0])


def test_measures_without_rationales_are_those_of_faithfulness():
    without_rationales = LabelledText(TEXTS, TEST.label, TEST.classes)
    assert list(faithfulness_and_plausibility_measures(SIGNATURES, without_rationales)) == [
        "comprehensiveness",
        "sufficiency",
        "agreement with leave-one-out",
    ]

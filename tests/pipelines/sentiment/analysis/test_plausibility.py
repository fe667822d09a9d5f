"""Tests of plausibility measures against hand-computed values."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import LabelledText
from foveal.focus import word_offsets
from foveal.pipelines.sentiment.analysis.plausibility import (
    plausibility,
    plausibility_measures,
    rationale_words,
)

TEXTS = ["it was lovely to see", "so very awful", "lovely"]
RATIONALES = [np.array([[3, 13]]), np.array([[8, 13]]), np.zeros((0, 2), int)]
TEST = LabelledText(TEXTS, np.array([1, 0, 1]), ["bad", "good"], RATIONALES)


def signature(text):
    """Put 0.6 of the attention on the third word; the other words have equal weights."""
    texts = [t.decode() for t in text.numpy()]
    offsets, attention = np.zeros((len(texts), 6, 2), int), np.zeros((len(texts), 6))
    for row, t in enumerate(texts):
        num_words = len(t.split())
        offsets[row, :num_words] = word_offsets(t)
        attention[row, :num_words] = 1 if num_words == 1 else 0.4 / (num_words - 1)
        attention[row, 2 : min(3, num_words)] = 0.6
    return {"attention": tf.constant(attention), "source_offsets": tf.constant(offsets)}


def test_rationale_words_overlap_rationales():
    gold = rationale_words(TEST) or []
    assert [words.tolist() for words in gold] == [
        [False, True, True, False, False],
        [False, False, True],
        [False],
    ]
    assert rationale_words(LabelledText(["a"], np.array([0]), ["bad", "good"])) is None


def test_measures_match_hand_computed_values():
    """The rationales hold 2 of 5 and 1 of 3 words, on average 11/30: 2 words of each text are selected."""
    gold = rationale_words(TEST) or []
    maps = [np.array([0.1, 0.2, 0.6, 0.1, 0]), np.array([0.3, 0.1, 0.6]), np.array([1.0])]
    values = {name: measure(maps) for name, measure in plausibility_measures(gold).items()}
    np.testing.assert_allclose(values["mass on rationales"], [0.8, 0.6, np.nan])
    np.testing.assert_allclose(values["average precision"], [1, 1, np.nan])
    # the third text has one word, which is selected
    np.testing.assert_allclose(values["token F1"], [1, 2 * 0.5 * 1 / 1.5, 0])


def test_mass_of_zero_map_is_zero():
    measures = plausibility_measures([np.array([True, False])])
    assert measures["mass on rationales"]([np.zeros(2)]).tolist() == [0]


def test_plausibility_includes_baselines():
    values = plausibility(signature, TEST)
    assert list(values) == ["mass on rationales", "average precision", "token F1", "IOU F1"]
    assert values["mass on rationales"]["model"] == pytest.approx((0.7 + 0.6) / 2)
    assert values["mass on rationales"]["uniform"] == pytest.approx((2 / 5 + 1 / 3) / 2)
    assert set(values["IOU F1"]) == {"model", "uniform", "random"}


def test_plausibility_without_rationales_raises():
    with pytest.raises(ValueError, match="`test` must have gold rationales"):
        plausibility(signature, LabelledText(["a"], np.array([0]), ["bad", "good"]))

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import LabelledText
from foveal.focus import word_offsets
from foveal.pipelines.sentiment.analysis.faithfulness import doubt, measures

TEXTS = ["it was lovely to see", "so very awful", "lovely"]
RATIONALES = [np.array([[7, 13]]), np.array([[8, 13]]), np.zeros((0, 2), int)]
TEST = LabelledText(TEXTS, np.array([1, 0, 1]), ["bad", "good"], RATIONALES)


def signature(text):
    """Judges by one word, and spends 0.6 on it: the rest of the words share the rest."""
    texts = [one.decode() for one in text.numpy()]
    offsets, attention = np.zeros((len(texts), 6, 2), int), np.zeros((len(texts), 6))
    good = np.full(len(texts), 0.5)
    for row, one in enumerate(texts):
        words = one.split()
        decides = np.array([word in ("lovely", "awful") for word in words], bool)
        offsets[row, : len(words)] = word_offsets(one)
        attention[row, : len(words)] = np.where(decides, 0.6, 0.4 / max(len(words) - 1, 1))
        good[row] = 0.9 if "lovely" in words else 0.2 if "awful" in words else 0.5
    told = {"probabilities": np.stack([1 - good, good], 1), "attention": attention, "source_offsets": offsets}
    return {name: tf.constant(value) for name, value in told.items()}


SIGNATURES = {"serving_default": signature, "explain": signature}
DECIDING = [np.array([0, 0, 1, 0, 0.0]), np.array([0, 0, 1.0]), np.array([1.0])]
BESIDE = [np.array([0.4, 0.6, 0, 0, 0]), np.array([1.0, 0, 0]), np.array([1.0])]


def test_a_map_on_the_word_that_decides_is_faithful_and_agrees_with_people():
    of = {name: measure(DECIDING) for name, measure in measures(SIGNATURES, TEST).items()}
    np.testing.assert_allclose(of["comprehensiveness"], [0.4, 0.3, 0.4])  # 0.9 or 0.8 less the 0.5 of no word
    np.testing.assert_allclose(of["sufficiency"], 0, atol=1e-7)
    np.testing.assert_allclose(of["agreement with leave-one-out"], [1, 1, 0])
    np.testing.assert_array_equal(of["AUPRC"], [1, 1, np.nan])
    np.testing.assert_array_equal(of["mass on rationales"], [1, 1, np.nan])


def test_a_map_beside_it_is_not():
    of = {name: measure(BESIDE) for name, measure in measures(SIGNATURES, TEST).items()}
    assert of["comprehensiveness"][0] == pytest.approx(0.0)  # even half of the words, rounded up, leave it
    assert of["sufficiency"][0] == pytest.approx(0.4 * 5 / 5)
    assert of["agreement with leave-one-out"][0] < 0
    np.testing.assert_array_equal(of["mass on rationales"], [0, 0, np.nan])


def test_doubt_is_beside_controls():
    found = doubt(SIGNATURES, TEST)
    assert found["mass on rationales"].value.value == pytest.approx(0.6)
    assert found["mass on rationales"].baselines["uniform"].value == pytest.approx((1 / 5 + 1 / 3) / 2)
    assert found["AUPRC"].value.value == 1
    assert found["comprehensiveness"].improvements["uniform"].value > 0


def test_without_rationales_only_faithfulness_is_asked():
    plain = LabelledText(TEXTS, TEST.label, TEST.classes)
    assert list(measures(SIGNATURES, plain)) == [
        "comprehensiveness",
        "sufficiency",
        "agreement with leave-one-out",
    ]

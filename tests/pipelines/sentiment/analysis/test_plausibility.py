import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import LabelledText
from foveal.focus import word_offsets
from foveal.pipelines.sentiment.analysis.plausibility import measures, plausibility, rationale_words

TEXTS = ["it was lovely to see", "so very awful", "lovely"]
RATIONALES = [np.array([[3, 13]]), np.array([[8, 13]]), np.zeros((0, 2), int)]
TEST = LabelledText(TEXTS, np.array([1, 0, 1]), ["bad", "good"], RATIONALES)


def signature(text):
    """Looks at the third word with 0.6, at the others alike."""
    texts = [one.decode() for one in text.numpy()]
    offsets, attention = np.zeros((len(texts), 6, 2), int), np.zeros((len(texts), 6))
    for row, one in enumerate(texts):
        count = len(one.split())
        offsets[row, :count] = word_offsets(one)
        attention[row, :count] = 1 if count == 1 else 0.4 / (count - 1)
        attention[row, 2 : min(3, count)] = 0.6
    return {"attention": tf.constant(attention), "source_offsets": tf.constant(offsets)}


def test_words_that_touch_a_rationale_are_gold():
    gold = rationale_words(TEST) or []
    assert [one.tolist() for one in gold] == [
        [False, True, True, False, False],
        [False, False, True],
        [False],
    ]
    assert rationale_words(LabelledText(["a"], np.array([0]), ["bad", "good"])) is None


def test_measures_by_hand():
    """People choose 2 of 5 and 1 of 3 words: 11/30 on average, so 2 words of each text are taken."""
    gold = rationale_words(TEST) or []
    maps = [np.array([0.1, 0.2, 0.6, 0.1, 0]), np.array([0.3, 0.1, 0.6]), np.array([1.0])]
    found = {name: measure(maps) for name, measure in measures(gold).items()}
    np.testing.assert_allclose(found["mass on rationales"], [0.8, 0.6, np.nan])
    np.testing.assert_allclose(found["AUPRC"], [1, 1, np.nan])
    np.testing.assert_allclose(found["token F1"], [1, 2 * 0.5 * 1 / 1.5, 0])  # of the third one word is taken


def test_a_map_of_zeros_has_no_mass_on_gold():
    assert measures([np.array([True, False])])["mass on rationales"]([np.zeros(2)]).tolist() == [0]


def test_plausibility_is_told_beside_controls():
    found = plausibility(signature, TEST)
    assert list(found) == ["mass on rationales", "AUPRC", "token F1", "IOU F1"]
    assert found["mass on rationales"]["model"] == pytest.approx((0.7 + 0.6) / 2)
    assert found["mass on rationales"]["uniform"] == pytest.approx((2 / 5 + 1 / 3) / 2)
    assert set(found["IOU F1"]) == {"model", "uniform", "random"}


def test_without_gold_there_is_nothing_to_measure():
    with pytest.raises(ValueError, match="expected a test set with gold rationales"):
        plausibility(signature, LabelledText(["a"], np.array([0]), ["bad", "good"]))

"""Tests of accuracy, macro F1, ROC AUC and calibration against hand-computed values."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import LabelledText
from foveal.pipelines.sentiment.evaluate import classify, evaluate, predict_probabilities

PROBABILITIES = {
    "a": [0.7, 0.2, 0.1],
    "bb": [0.1, 0.8, 0.1],
    "ccc": [0.4, 0.25, 0.35],
    "dddd": [0.0, 0.3, 0.7],
}
CLASSES = ["red", "green", "blue"]
TEXTS = ["ccc", "a", "dddd", "bb"]


def signature(text):
    """Return the probabilities of each text from a table."""
    probabilities = np.array([PROBABILITIES[key.decode()] for key in text.numpy()], np.float32)
    return {
        "label": tf.constant([CLASSES[i] for i in probabilities.argmax(1)]),
        "probabilities": tf.constant(probabilities),
        "classes": tf.constant([CLASSES] * len(probabilities)),
    }


def labelled(label, classes=CLASSES):
    return LabelledText(TEXTS, np.array(label), list(classes))


def test_classify_keeps_order_of_texts():
    assert classify(signature, TEXTS) == ["red", "red", "blue", "green"]


def test_predict_probabilities_matches_classes_by_name():
    probabilities = predict_probabilities(signature, labelled([0, 0, 0, 0], ["blue", "red"]))
    np.testing.assert_allclose(probabilities, [[0.35, 0.4], [0.1, 0.7], [0.7, 0.0], [0.1, 0.1]])


def test_unknown_class_raises():
    with pytest.raises(ValueError, match=r"Received: \['pink'\]"):
        predict_probabilities(signature, labelled([0] * 4, ["pink", "red"]))


def test_metrics_match_hand_computed_values():
    metrics = evaluate(signature, labelled([2, 0, 2, 1]))  # "ccc" is blue and predicted as red
    assert (metrics["accuracy"], metrics["texts"]) == (0.75, 4)
    assert metrics["macro_f1"] == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    # ordered pairs of each class against the rest: red 3 of 3, green 3 of 3, blue 4 of 4
    assert metrics["roc_auc"] == pytest.approx(1)
    assert metrics["reliability"].error == pytest.approx((0.4 + 0.3 + 0.3 + 0.2) / 4, abs=1e-6)


def test_roc_auc_of_two_classes_is_share_of_ordered_pairs():
    metrics = evaluate(signature, labelled([1, 0, 0, 1], ["red", "green"]))
    # green of "ccc" 0.25 and "bb" 0.8 against "a" 0.2 and "dddd" 0.3: three pairs of four
    assert metrics["roc_auc"] == 0.75


def test_roc_auc_of_missing_class_is_none():
    assert evaluate(signature, labelled([0, 0, 2, 2]))["roc_auc"] is None
    assert evaluate(signature, labelled([0, 0, 0, 0]))["accuracy"] == 0.5

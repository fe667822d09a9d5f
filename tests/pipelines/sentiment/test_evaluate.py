import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import LabelledText
from foveal.pipelines.sentiment.evaluate import classify, evaluate, predict_probabilities

SHARES = {"a": [0.7, 0.2, 0.1], "bb": [0.1, 0.8, 0.1], "ccc": [0.4, 0.25, 0.35], "dddd": [0.0, 0.3, 0.7]}
CLASSES = ["red", "green", "blue"]


def signature(text):
    """Answers by a list."""
    shares = np.array([SHARES[one.decode()] for one in text.numpy()], np.float32)
    return {
        "label": tf.constant([CLASSES[i] for i in shares.argmax(1)]),
        "probabilities": tf.constant(shares),
        "classes": tf.constant([CLASSES] * len(shares)),
    }


def labelled(label, classes=CLASSES, text=("ccc", "a", "dddd", "bb")):
    return LabelledText(list(text), np.array(label), list(classes))


def test_labels_come_back_in_the_order_of_the_texts():
    assert classify(signature, ["ccc", "a", "dddd", "bb"]) == ["red", "red", "blue", "green"]


def test_classes_are_matched_by_name():
    found = predict_probabilities(signature, labelled([0, 0, 0, 0], ["blue", "red"]))
    np.testing.assert_allclose(found, [[0.35, 0.4], [0.1, 0.7], [0.7, 0.0], [0.1, 0.1]])


def test_a_class_that_the_model_does_not_know_is_one_clear_error():
    with pytest.raises(ValueError, match=r"received also \['pink'\]"):
        predict_probabilities(signature, labelled([0] * 4, ["pink", "red"]))


def test_measures_are_those_computed_by_hand():
    told = evaluate(signature, labelled([2, 0, 2, 1]))  # "ccc" is blue, and called red
    assert (told["accuracy"], told["texts"]) == (0.75, 4)
    assert told["macro_f1"] == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    # one class against the rest, over pairs: red 3 of 3, green 3 of 3, blue 4 of 4
    assert told["roc_auc"] == pytest.approx(1)
    assert told["reliability"].error == pytest.approx((0.4 + 0.3 + 0.3 + 0.2) / 4, abs=1e-6)


def test_of_two_classes_roc_auc_counts_the_pairs_in_order():
    told = evaluate(signature, labelled([1, 0, 0, 1], ["red", "green"]))
    # green of "ccc" 0.25 and "bb" 0.8 against "a" 0.2 and "dddd" 0.3: three pairs of four
    assert told["roc_auc"] == 0.75


def test_where_a_class_is_missing_roc_auc_is_not_defined():
    assert evaluate(signature, labelled([0, 0, 2, 2]))["roc_auc"] is None
    assert evaluate(signature, labelled([0, 0, 0, 0]))["accuracy"] == 0.5

"""Tests of the report of a classifier: records and measures, with a constant signature."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import LabelledText
from foveal.pipelines.evaluation.report import add_baselines
from foveal.pipelines.sentiment.analysis.report import MEASURES, report_examples

# byte spans of the tokens of "not bad, as such"; the first token is the space before the text
OFFSETS = [(0, 0), (0, 3), (4, 5), (5, 7), (7, 8), (9, 11), (0, 0)]
HEADS = np.array([[0.0, 0.6, 0.1, 0.1, 0.0, 0.2, 0.0], [0.2, 0.2, 0.1, 0.3, 0.0, 0.2, 0.0]])
TEXT = "not bad, as such"


def build_examples(signature, test) -> list[Any]:
    return report_examples(signature, test)


def make_signature(gate=0.25, label="good", with_sentences=False):
    """Return a signature with the same outputs for every text, truncated after eleven bytes."""

    def signature(text):
        outputs = {
            "label": np.array([label.encode()], object),
            "score": np.array([0.7], np.float32),
            "attention_heads": HEADS[None].astype(np.float32),
            "gate_heads": np.full((1, 2), gate, np.float32),
            "source_offsets": np.array([OFFSETS], np.int32),
            "bytes_read": np.array([11], np.int32),
        }
        if with_sentences:
            outputs["sentence_offsets"] = np.array([[(0, 8), (9, 11), (0, 0)]], np.int32)
            outputs["sentence_attention"] = np.array([[0.9, 0.1, 0.0]], np.float32)
        return {name: tf.constant(np.repeat(value, text.shape[0], axis=0)) for name, value in outputs.items()}

    return signature


def make_test_set(*rationales):
    count = len(rationales)
    return LabelledText([TEXT] * count, np.ones(count, int), ["bad", "good"], [*map(np.array, rationales)])


def test_record_holds_attention_of_words_before_truncation():
    (example,) = build_examples(make_signature(), make_test_set([(4, 7)]))
    (record,) = example.records
    assert record.queries[0].labels == ["good 70%"]
    assert record.keys[0].labels == ["not", "bad", ",", "as"]
    np.testing.assert_allclose(record.weights[0, :, 0], [[0.6, 0.2, 0, 0.2], [0.2, 0.4, 0, 0.2]], atol=1e-6)
    np.testing.assert_allclose(record.gate, np.full((1, 2, 1), 0.25))
    assert (example.gold, example.reference) == ({(1, 0)}, "good")


def test_error_of_a_wrong_label_is_its_probability():
    (right,) = build_examples(make_signature(), make_test_set([(4, 7)]))
    (wrong,) = build_examples(make_signature(label="bad"), make_test_set([(4, 7)]))
    assert right.error == 0
    assert (wrong.error, wrong.error_name) == (pytest.approx(0.7), "wrong label")


def test_record_without_gate_has_none():
    (example,) = build_examples(make_signature(gate=0), make_test_set([(4, 7)]))
    assert example.records[0].gate is None


def test_hierarchical_model_has_record_of_sentences():
    (example,) = build_examples(make_signature(with_sentences=True), make_test_set([(4, 7)]))
    record = example.records[1]
    assert record.keys[0].labels == ["not bad,", "as"]
    np.testing.assert_allclose(record.weights[0, 0, 0], [0.9, 0.1])


def test_measures_match_hand_computed_values():
    no_rationale = np.zeros((0, 2), int)
    test = make_test_set([(4, 7)], [(0, 3), (9, 11)], no_rationale)
    examples, measures = add_baselines(build_examples(make_signature(), test), MEASURES)
    # the weights of the words are .4, .3, 0, .2; gold are `bad`, then `not` and `as`
    assert measures["attention on the rationale"]["model"] == pytest.approx((0.3 + 0.6) / 2)
    assert measures["attention on the rationale"]["uniform"] == pytest.approx((1 / 4 + 2 / 4) / 2)
    assert measures["average precision"]["model"] == pytest.approx((1 / 2 + (1 + 2 / 3) / 2) / 2)
    assert measures["average precision"]["uniform"] == pytest.approx((1 / 4 + 2 / 4) / 2)
    assert examples[2].measures == {}


def test_texts_without_label_or_word_are_left_out():
    assert build_examples(make_signature(label=""), make_test_set([(4, 7)])) == []
    blank = LabelledText([" ", TEXT], np.ones(2, int), ["bad", "good"])
    assert [example.title for example in build_examples(make_signature(), blank)] == [TEXT]


def test_mean_of_heads_is_exported_attention(untrained):
    outputs = untrained.classifier.explain(tf.constant(["The dog sat. The cat was lovely!"]))
    np.testing.assert_allclose(outputs["attention_heads"].numpy().mean(1), outputs["attention"], atol=1e-6)
    np.testing.assert_allclose(outputs["gate_heads"].numpy().mean(1), outputs["gate"], atol=1e-6)
    assert outputs["attention_heads"].shape[1] == 2

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import LabelledText
from foveal.pipelines.evaluation.report import beside_controls
from foveal.pipelines.sentiment.analysis.report import MEASURES, report_examples

# "not bad, as such": pieces and their bytes, the space before the text being one of them
OFFSETS = [(0, 0), (0, 3), (4, 5), (5, 7), (7, 8), (9, 11), (0, 0)]
HEADS = np.array([[0.0, 0.6, 0.1, 0.1, 0.0, 0.2, 0.0], [0.2, 0.2, 0.1, 0.3, 0.0, 0.2, 0.0]])
TEXT = "not bad, as such"


def looked_at(*args, **settings) -> list[Any]:
    return report_examples(*args, **settings)


def signature(gate=0.25, label="good", sentences=False):
    """Always the same answer: the first eleven bytes were read."""

    def answer(text):
        told = {
            "label": np.array([label.encode()], object),
            "score": np.array([0.7], np.float32),
            "attention_heads": HEADS[None].astype(np.float32),
            "gate_heads": np.full((1, 2), gate, np.float32),
            "source_offsets": np.array([OFFSETS], np.int32),
            "bytes_read": np.array([11], np.int32),
        }
        if sentences:
            told["sentence_offsets"] = np.array([[(0, 8), (9, 11), (0, 0)]], np.int32)
            told["sentence_attention"] = np.array([[0.9, 0.1, 0.0]], np.float32)
        return {name: tf.constant(np.repeat(value, text.shape[0], axis=0)) for name, value in told.items()}

    return answer


def gold_test(*rationales):
    count = len(rationales)
    return LabelledText([TEXT] * count, np.ones(count, int), ["bad", "good"], [*map(np.array, rationales)])


def test_the_answer_looks_at_the_words_that_were_read():
    (example,) = looked_at(signature(), gold_test([(4, 7)]))
    (record,) = example.records
    assert record.queries[0].labels == ["good 70%"]
    assert record.keys[0].labels == ["not", "bad", ",", "as"]
    np.testing.assert_allclose(record.weights[0, :, 0], [[0.6, 0.2, 0, 0.2], [0.2, 0.4, 0, 0.2]], atol=1e-6)
    np.testing.assert_allclose(record.gate, np.full((1, 2, 1), 0.25))
    assert (example.gold, example.reference) == ({(1, 0)}, "good")


def test_without_a_gate_none_is_recorded():
    (example,) = looked_at(signature(gate=0), gold_test([(4, 7)]))
    assert example.records[0].gate is None


def test_a_hierarchical_model_looked_at_sentences_too():
    (example,) = looked_at(signature(sentences=True), gold_test([(4, 7)]))
    record = example.records[1]
    assert record.keys[0].labels == ["not bad,", "as"]
    np.testing.assert_allclose(record.weights[0, 0, 0], [0.9, 0.1])


def test_measures_speak_of_the_words_that_people_marked():
    none = np.zeros((0, 2), int)
    examples = looked_at(signature(), gold_test([(4, 7)], [(0, 3), (9, 11)], none))
    shown, numbers = beside_controls(examples, MEASURES)
    # words got .4, .3, 0, .2; marked are `bad`, then `not` and `as`
    assert numbers["attention on the rationale"]["model"] == pytest.approx((0.3 + 0.6) / 2)
    assert numbers["attention on the rationale"]["uniform"] == pytest.approx((1 / 4 + 2 / 4) / 2)
    assert numbers["average precision"]["model"] == pytest.approx((1 / 2 + (1 + 2 / 3) / 2) / 2)
    assert numbers["average precision"]["uniform"] == pytest.approx((1 / 4 + 2 / 4) / 2)
    assert shown[2].measures == {}


def test_texts_without_a_label_or_a_word_are_left_out():
    assert looked_at(signature(label=""), gold_test([(4, 7)])) == []
    blank = LabelledText([" ", TEXT], np.ones(2, int), ["bad", "good"])
    assert [example.title for example in looked_at(signature(), blank)] == [TEXT]


def test_the_heads_are_those_of_the_attention_that_is_told(untrained):
    told = untrained.classifier.explain(tf.constant(["The dog sat. The cat was lovely!"]))
    np.testing.assert_allclose(told["attention_heads"].numpy().mean(1), told["attention"], atol=1e-6)
    np.testing.assert_allclose(told["gate_heads"].numpy().mean(1), told["gate"], atol=1e-6)
    assert told["attention_heads"].shape[1] == 2

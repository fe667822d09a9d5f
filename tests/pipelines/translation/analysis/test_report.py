"""Tests of the report of a translator: records and measures, with a constant signature."""

from typing import Any

import numpy as np
import pytest
import sacrebleu
import tensorflow as tf

from foveal.datasets import ParallelText
from foveal.pipelines.evaluation.report import NUM_EXAMPLES, add_baselines
from foveal.pipelines.translation.analysis.report import MEASURES, report_examples

SOURCE_OFFSETS = [(0, 3), (4, 7), (8, 9), (9, 11), (11, 11)]  # the | big | d | og | [END]
TARGET_OFFSETS = [(0, 1), (2, 4), (4, 6), (7, 13), (13, 13)]  # o | cã | o | grande | [END]
HEADS = np.random.default_rng(0).dirichlet(np.ones(5), (5, 3, 2))  # (target, blocks, heads, source)
GATES = np.random.default_rng(1).random((5, 3, 2))
SPANS = np.array([(0, 3), (4, 7), (8, 11)]), np.array([(0, 1), (2, 6), (7, 13)])
GOLD = np.array([(0, 0), (1, 2), (2, 1)])


def build_examples(signature, test, count=NUM_EXAMPLES) -> list[Any]:
    return report_examples(signature, test, count)


def make_signature(target="o cão grande", heads=HEADS, gates=GATES):
    """Return a signature with the same outputs for every text; block 2 is the exported attention."""

    def signature(text):
        outputs = {
            "text": np.array([target.encode()], object),
            "attention": heads[None, :, 1].mean(axis=2),
            "attention_heads": heads[None],
            "gate_heads": gates[None],
            "source_offsets": np.array([SOURCE_OFFSETS], np.int32),
            "target_offsets": np.array([TARGET_OFFSETS], np.int32),
        }
        return {name: tf.constant(np.repeat(value, text.shape[0], axis=0)) for name, value in outputs.items()}

    return signature


def make_test_set(*targets):
    count = len(targets)
    return ParallelText(
        ["the big dog"] * count, [*targets], [GOLD] * count, [SPANS[0]] * count, [SPANS[1]] * count
    )


def test_records_hold_word_attention_of_every_block_and_head():
    (example,) = build_examples(make_signature(), make_test_set("o cão grande"))
    assert [record.layer.split(",")[0] for record in example.records] == [
        "decoder block 2",
        "decoder block 1",
        "decoder block 3",
    ]
    record = example.records[1]
    assert record.queries[0].labels == ["o", "cão", "grande"]
    assert record.keys[0].labels == ["the", "big", "dog", "[END]"]
    assert record.weights.shape == (1, 2, 3, 4)
    tokens = HEADS[:, 0]
    np.testing.assert_allclose(record.weights[0, :, 1, 2], tokens[1:3, :, 2:4].sum(-1).mean(0))
    np.testing.assert_allclose(record.weights[0, :, 0, 3], tokens[0, :, 4])  # on the end mark
    np.testing.assert_allclose(record.weights.sum(-1), 1)
    np.testing.assert_allclose(record.gate[0, :, 1], GATES[1:3, 0].mean(0))


def test_only_exact_translation_has_gold():
    exact, other = build_examples(make_signature(), make_test_set("o cão grande", "outra coisa"))
    assert (exact.gold, other.gold) == ({(0, 0), (1, 2), (2, 1)}, ())
    assert other.reference == "outra coisa"


def test_error_of_a_translation_is_the_complement_of_chrf():
    exact, close, other = build_examples(
        make_signature(), make_test_set("o cão grande", "o cão grandes", "uffz, jj")
    )
    assert exact.error == 0
    assert close.error == pytest.approx(
        1 - sacrebleu.sentence_chrf("o cão grande", ["o cão grandes"]).score / 100
    )
    assert 0 < close.error < other.error <= 1
    assert close.error_name == "differs from the reference"


def test_test_set_without_alignments_has_examples_without_gold():
    (example,) = build_examples(make_signature(), ParallelText(["the big dog"], ["o cão grande"]))
    assert example.gold == ()


def test_examples_are_first_sentences_with_translation():
    test = ParallelText([f"the big dog{'!' * (5 - index)}" for index in range(5)], ["x"] * 5)
    assert [e.title.count("!") for e in build_examples(make_signature(), test, 3)] == [5, 4, 3]
    assert build_examples(make_signature(""), test) == []


def test_alignment_error_uses_source_word_of_highest_weight():
    heads = np.zeros_like(HEADS)
    heads[..., 4] = 0.6  # the highest weight is on the end mark, which is no word
    for target, source in enumerate((0, 2, 3, 0)):  # the last should be 1
        heads[target, :, :, source] = 0.4
    signature = make_signature(heads=heads, gates=GATES / 2)
    examples = build_examples(signature, make_test_set("o cão grande", "outra coisa"))
    _, measures = add_baselines(examples, MEASURES)
    assert measures["alignment error"]["model"] == pytest.approx(1 - 4 / 6)
    closed = GATES / 2
    closed[3] = 0.9  # the last word is written from memory: its wrong link is gone
    (example,) = build_examples(make_signature(heads=heads, gates=closed), make_test_set("o cão grande"))
    _, measures = add_baselines([example], MEASURES)
    assert measures["alignment error"]["model"] == pytest.approx(1 - 4 / 5)
    assert measures["attention on the end mark"]["model"] == pytest.approx(0.6)
    assert measures["attention on the end mark"]["uniform"] == pytest.approx(0.25)


def test_examples_without_gold_have_no_alignment_error():
    examples = build_examples(make_signature(), make_test_set("outra coisa"))
    _, measures = add_baselines(examples, MEASURES)
    assert list(measures) == ["attention on the end mark"]

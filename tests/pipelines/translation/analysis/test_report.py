from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import ParallelText
from foveal.pipelines.evaluation.report import beside_controls
from foveal.pipelines.translation.analysis.report import MEASURES, report_examples

SOURCE_OFFSETS = [(0, 3), (4, 7), (8, 9), (9, 11), (11, 11)]  # the | big | d | og | [END]
TARGET_OFFSETS = [(0, 1), (2, 4), (4, 6), (7, 13), (13, 13)]  # o | cã | o | grande | [END]
HEADS = np.random.default_rng(0).dirichlet(np.ones(5), (5, 3, 2))  # (target, blocks, heads, source)
GATES = np.random.default_rng(1).random((5, 3, 2))
SPANS = np.array([(0, 3), (4, 7), (8, 11)]), np.array([(0, 1), (2, 6), (7, 13)])
GOLD = np.array([(0, 0), (1, 2), (2, 1)])


def looked_at(*args, **settings) -> list[Any]:
    return report_examples(*args, **settings)


def signature(target="o cão grande"):
    """Always the same answer; what is told is the mean of block 2."""

    def answer(text):
        told = {
            "text": np.array([target.encode()], object),
            "attention": HEADS[None, :, 1].mean(axis=2),
            "attention_heads": HEADS[None],
            "gate_heads": GATES[None],
            "source_offsets": np.array([SOURCE_OFFSETS], np.int32),
            "target_offsets": np.array([TARGET_OFFSETS], np.int32),
        }
        return {name: tf.constant(np.repeat(value, text.shape[0], axis=0)) for name, value in told.items()}

    return answer


def gold_test(*targets):
    count = len(targets)
    return ParallelText(
        ["the big dog"] * count, [*targets], [GOLD] * count, [SPANS[0]] * count, [SPANS[1]] * count
    )


def test_every_block_and_head_is_recorded_between_words():
    (example,) = looked_at(signature(), gold_test("o cão grande"))
    assert [record.layer.split(",")[0] for record in example.records] == [
        "decoder block 2",
        "decoder block 1",
        "decoder block 3",
    ]
    record = example.records[1]
    assert record.queries[0].labels == ["o", "cão", "grande"]
    assert record.keys[0].labels == ["the", "big", "dog", "[END]"]
    assert record.weights.shape == (1, 2, 3, 4)
    pieces = HEADS[:, 0]
    np.testing.assert_allclose(record.weights[0, :, 1, 2], pieces[1:3, :, 2:4].sum(-1).mean(0))
    np.testing.assert_allclose(record.weights[0, :, 0, 3], pieces[0, :, 4])  # on the end mark
    np.testing.assert_allclose(record.weights.sum(-1), 1)
    np.testing.assert_allclose(record.gate[0, :, 1], GATES[1:3, 0].mean(0))


def test_gold_is_told_of_translations_that_are_the_reference():
    exact, other = looked_at(signature(), gold_test("o cão grande", "outra coisa"))
    assert (exact.gold, other.gold) == ({(0, 0), (1, 2), (2, 1)}, ())
    assert other.reference == "outra coisa"


def test_a_test_set_without_gold_is_shown_too():
    (example,) = looked_at(signature(), ParallelText(["the big dog"], ["o cão grande"]))
    assert example.gold == ()


def test_as_many_as_asked_are_shown_in_their_order_and_empty_ones_are_not():
    test = ParallelText([f"the big dog{'!' * (5 - place)}" for place in range(5)], ["x"] * 5)
    assert [e.title.count("!") for e in looked_at(signature(), test, 3)] == [5, 4, 3]
    assert looked_at(signature(""), test) == []


def test_the_alignment_error_is_that_of_the_words_that_were_looked_at_most():
    heads, HEADS[:] = HEADS.copy(), 0
    try:
        HEADS[..., 4] = 0.6  # most of it on the end mark, which is no word
        for target, source in enumerate((0, 2, 3, 0)):  # the last should be 1
            HEADS[target, :, :, source] = 0.4
        examples = looked_at(signature(), gold_test("o cão grande", "outra coisa"))
        _, numbers = beside_controls(examples, MEASURES)
    finally:
        HEADS[:] = heads
    assert numbers["alignment error"]["model"] == pytest.approx(1 - 4 / 6)
    assert numbers["attention on the end mark"]["model"] == pytest.approx(0.6)
    assert numbers["attention on the end mark"]["uniform"] == pytest.approx(0.25)


def test_without_gold_there_is_no_alignment_error():
    _, numbers = beside_controls(looked_at(signature(), gold_test("outra coisa")), MEASURES)
    assert list(numbers) == ["attention on the end mark"]

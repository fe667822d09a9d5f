import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import ParallelText
from foveal.pipelines.translation.analysis.explanation import Explanation, alignment_error, explain, link

# "the big dog" -> "o cão grande": pieces, their bytes, and where each was looked for
SOURCE_OFFSETS = [(0, 3), (4, 7), (8, 9), (9, 11), (11, 11)]  # the | big | d | og | [END]
TARGET_OFFSETS = [(0, 1), (2, 4), (4, 6), (7, 13), (13, 13)]  # o | cã | o | grande | [END]
ATTENTION = [
    [0.8, 0.1, 0.1, 0.0, 0.0],
    [0.0, 0.2, 0.5, 0.3, 0.0],
    [0.0, 0.4, 0.3, 0.1, 0.2],
    [0.1, 0.9, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 1.0],
]
GATE = [0.1, 0.2, 0.4, 0.5, 1.0]


def signature(text):
    """Always the same answer."""
    rows = text.shape[0]
    told = {
        "text": np.array(["o cão grande".encode()], object),
        "score": np.array([-0.5], np.float32),
        "attention": np.array([ATTENTION], np.float32),
        "gate": np.array([GATE], np.float32),
        "source_offsets": np.array([SOURCE_OFFSETS], np.int32),
        "target_offsets": np.array([TARGET_OFFSETS], np.int32),
    }
    return {name: tf.constant(np.repeat(value, rows, axis=0)) for name, value in told.items()}


def test_attention_and_gate_are_told_between_words():
    told = explain(signature, "the big dog")
    assert (told.translation, told.score) == ("o cão grande", -0.5)
    assert told.source_words == ["the", "big", "dog", "[END]"]
    assert told.target_words == ["o", "cão", "grande"]
    # pieces of the source are summed, those of the target averaged; the rest of 1 is for the end mark
    expected = [[0.8, 0.1, 0.1, 0.0], [0.0, 0.3, 0.6, 0.1], [0.1, 0.9, 0.0, 0.0]]
    np.testing.assert_allclose(told.attention, expected, atol=1e-6)
    np.testing.assert_allclose(told.gate, [0.1, 0.3, 0.5], atol=1e-6)


def test_the_table_lines_up_the_words():
    lines = explain(signature, "the big dog").table().splitlines()
    assert lines == [
        "o       <-  the     80%  gate 0.10",
        "cão     <-  dog     60%  gate 0.30",
        "grande  <-  big     90%  gate 0.50",
    ]


def test_a_word_that_looked_nowhere_is_told_so():
    told = Explanation("a", "b", 0.0, ["a"], ["b"], np.zeros((1, 1)), np.ones(1))
    assert told.table() == "b  <-  -    0%  gate 1.00"


def test_the_figure_has_a_row_and_a_column_for_each_word():
    figure = explain(signature, "the big dog").figure()
    labels = {text.get_text() for axes in figure.axes for text in axes.get_yticklabels()}
    assert {"o", "cão", "grande"} <= labels


def test_without_an_exact_translation_there_is_no_error_to_measure():
    spans = [np.array([(0, 1)])]
    test = ParallelText(["the big dog"], ["outra"], [np.array([(0, 0)])], spans, spans)
    (found,) = link(signature, test)
    assert (found.translation, found.links) == ("o cão grande", None)
    assert alignment_error([found], [np.array([(0, 0)])]) == (None, 0)


def test_without_gold_there_are_no_words_to_link():
    with pytest.raises(ValueError, match="expected a test set with gold alignments"):
        link(signature, ParallelText(["a"], ["b"]))


def test_the_alignment_error_counts_exact_translations_only():
    spans = np.array([(0, 3), (4, 7), (8, 11)]), np.array([(0, 1), (2, 6), (7, 13)])
    gold = np.array([(0, 0), (1, 2), (2, 1)])
    alignment = [gold, np.array([(0, 2)]), gold[:2]]
    test = ParallelText(
        source=["the big dog"] * 3,
        target=["o cão grande", "outra coisa", "o cão grande"],
        alignment=alignment,
        source_spans=[spans[0]] * 3,
        target_spans=[spans[1]] * 3,
    )
    error, sentences = alignment_error(link(signature, test), alignment)
    assert error is not None
    assert sentences == 2
    # found 3 + 3 links, gold 3 + 2, both 3 + 2
    assert error.error_rate == pytest.approx(1 - 10 / 11)
    assert (error.precision, error.recall) == (pytest.approx(5 / 6), 1.0)

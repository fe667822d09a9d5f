"""Tests of word alignment by attention and its error rate, with a constant signature."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import ParallelText
from foveal.pipelines.translation.analysis.alignment import (
    AlignedTranslation,
    align_translations,
    alignment_error,
    attention_between_words,
    baseline_alignment_errors,
    gated_texts,
)

# "the big dog" -> "o cão grande": byte spans of the tokens, and their attention
OUTPUTS = {
    "text": "o cão grande".encode(),
    "attention": np.array(
        [
            [0.8, 0.1, 0.1, 0.0, 0.0],
            [0.0, 0.2, 0.5, 0.3, 0.0],
            [0.0, 0.4, 0.3, 0.1, 0.2],
            [0.1, 0.9, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 1.0],
        ]
    ),
    "gate": np.array([0.45, 0.4, 0.2, 0.1, 0.0]),
    "source_offsets": np.array([(0, 3), (4, 7), (8, 9), (9, 11), (11, 11)]),  # the | big | d | og | [END]
    "target_offsets": np.array([(0, 1), (2, 4), (4, 6), (7, 13), (13, 13)]),  # o | cã | o | grande | [END]
}
SPANS = np.array([(0, 3), (4, 7), (8, 11)]), np.array([(0, 1), (2, 6), (7, 13)])


def signature(text):
    """Return the same outputs for every text."""
    return {name: tf.constant([value] * text.shape[0]) for name, value in OUTPUTS.items()}


def test_attention_between_words_sums_source_and_averages_target_tokens():
    expected = [[0.8, 0.1, 0.1], [0.0, 0.3, 0.6], [0.1, 0.9, 0.0]]
    np.testing.assert_allclose(attention_between_words(OUTPUTS, *SPANS), expected)


def test_inexact_translation_has_no_alignment():
    spans = [np.array([(0, 1)])]
    test = ParallelText(["the big dog"], ["outra"], [np.array([(0, 0)])], spans, spans)
    (aligned,) = align_translations(signature, test)
    assert (aligned.translation, aligned.links) == ("o cão grande", None)
    assert alignment_error([aligned], [np.array([(0, 0)])]) == (None, 0)


def test_test_set_without_alignments_raises():
    with pytest.raises(ValueError, match="`test` must have gold alignments"):
        align_translations(signature, ParallelText(["a"], ["b"]))


def test_alignment_error_counts_exact_translations_only():
    gold = np.array([(0, 0), (1, 2), (2, 1)])
    alignment = [gold, np.array([(0, 2)]), gold[:2]]
    test = ParallelText(
        source=["the big dog"] * 3,
        target=["o cão grande", "outra coisa", "o cão grande"],
        alignment=alignment,
        source_spans=[SPANS[0]] * 3,
        target_spans=[SPANS[1]] * 3,
    )
    error, sentences = alignment_error(align_translations(signature, test), alignment)
    assert error is not None
    assert sentences == 2
    # 3 + 3 predicted links, 3 + 2 gold links, 3 + 2 in both
    assert error.error_rate == pytest.approx(1 - 10 / 11)
    assert (error.precision, error.recall) == (pytest.approx(5 / 6), 1.0)


def test_baseline_alignment_errors_of_monotonic_gold():
    # five source and three target words: the diagonal links 0-0, 2-1 and 4-2
    diagonal = np.array([(0, 0), (2, 1), (4, 2)])
    spans = [np.array([(start, start + 1) for start in range(size)], np.int32) for size in (5, 3)]
    count = 400
    test = ParallelText(
        ["a"] * count, ["b"] * count, [diagonal] * count, [spans[0]] * count, [spans[1]] * count
    )
    exact = [AlignedTranslation("b", {(0, 0)})] * (count - 1)
    errors = baseline_alignment_errors([*exact, AlignedTranslation("c", None)], test)
    assert errors["diagonal"] == 0
    assert errors["random"] == pytest.approx(4 / 5, abs=0.03)


def test_gate_gold_is_the_words_without_links():
    test = ParallelText(
        source=["the big dog"] * 2,
        target=["o cão grande", "outra coisa"],
        alignment=[np.array([(1, 2), (2, 1)]), np.array([(0, 0)])],
        source_spans=[SPANS[0]] * 2,
        target_spans=[SPANS[1], np.array([(0, 5), (6, 11)])],
    )
    (text,) = gated_texts(align_translations(signature, test), test)
    assert text.words == ["o", "cão", "grande"]
    assert text.gold.tolist() == [True, False, False]
    np.testing.assert_allclose(text.gate, [0.45, 0.3, 0.1])  # the mean of the two tokens of "cão"


def test_word_from_memory_has_no_link():
    def closed_signature(text):
        return signature(text) | {
            "gate": tf.constant([[0.6, 0.4, 0.2, 0.1, 0.0]] * text.shape[0], tf.float32)
        }

    gold = [np.array([(1, 2), (2, 1)])]
    test = ParallelText(["the big dog"], ["o cão grande"], gold, [SPANS[0]], [SPANS[1]])
    (with_links,), (closed,) = align_translations(signature, test), align_translations(closed_signature, test)
    assert with_links.links == {(0, 0), (2, 1), (1, 2)}
    assert closed.links == {(2, 1), (1, 2)}

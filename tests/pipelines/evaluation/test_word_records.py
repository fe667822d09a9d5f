"""Tests of word-level records: aggregation of tokens, order of layers, the records of each pipeline."""

import numpy as np

from foveal.focus import FocusRecord, ImageAxis, TextAxis
from foveal.pipelines.evaluation.word_records import (
    END_MARK,
    caption_records,
    exported_layer_first,
    label_records,
    translation_records,
    word_gate,
    word_weights,
    words_read,
)

TOKENS = [(0, 3), (4, 6), (6, 8), (8, 8)]  # two words, the second of two tokens, and END
WORDS = [(0, 3), (4, 8)]


def test_word_weights_aggregate_tokens_per_head():
    weights = np.random.default_rng(0).dirichlet(np.ones(4), (3, 4))
    result = word_weights(weights, TOKENS, TOKENS, WORDS, WORDS)
    assert result.shape == (3, 2, 2)
    np.testing.assert_allclose(result[:, 1, 0], weights[:, 1:3, 0].mean(-1))
    np.testing.assert_allclose(result[:, 0, 1], weights[:, 0, 1:3].sum(-1))


def test_word_gate_averages_tokens_and_is_none_for_zeros():
    result = word_gate(np.array([[0.1, 0.2, 0.4, 1.0]]), TOKENS, WORDS)
    assert result is not None
    np.testing.assert_allclose(result, [[0.1, 0.3]])
    assert word_gate(np.zeros((2, 4)), TOKENS, WORDS) is None


def test_exported_layer_first_finds_layer_of_exported_attention():
    layers = np.random.default_rng(0).dirichlet(np.ones(5), (3, 2, 4))
    records = [FocusRecord(str(index), layer[None]) for index, layer in enumerate(layers)]
    assert [record.layer for record in exported_layer_first(records, layers, layers[1].mean(axis=0))] == [
        "1",
        "0",
        "2",
    ]


def test_translation_has_the_rest_of_the_attention_on_the_end_mark():
    source = TextAxis(["o", "gato"], np.array([[0, 1], [2, 6]]), "o gato")
    target = TextAxis(["cat"], np.array([[0, 3]]), "cat")
    weights = np.array([[[[0.2, 0.7, 0.1]], [[0.1, 0.1, 0.8]]]])  # (target, blocks, heads, source)
    outputs = {
        "attention": weights[:, 1, 0],
        "attention_heads": weights,
        "gate_heads": np.array([[[0.5], [0.25]]]),
        "source_offsets": np.array([[0, 1], [2, 6], [6, 6]]),
        "target_offsets": np.array([[0, 3]]),
    }
    exported, other = translation_records(outputs, source, target)
    assert exported.layer == "decoder block 2, source attention"
    assert exported.keys is not None
    assert exported.gate is not None
    assert exported.keys[0].labels == ["o", "gato", END_MARK]
    np.testing.assert_allclose(exported.weights, [[[[0.1, 0.1, 0.8]]]])
    np.testing.assert_allclose(other.weights, [[[[0.2, 0.7, 0.1]]]])
    np.testing.assert_allclose(exported.gate, [[[0.25]]])


def test_caption_has_a_key_for_each_cell_of_the_image():
    cells = ImageAxis(np.array([[0, 0, 5, 5], [0, 5, 5, 9]]), (5, 9))
    weights = np.array([0.25, 0.75]).reshape(1, 1, 1, 1, 2)  # (target, layers, heads, rows, columns)
    outputs = {
        "attention": weights[:, 0, 0],
        "attention_heads": weights,
        "gate_heads": np.zeros((1, 1, 1)),
        "target_offsets": np.array([[0, 3]]),
    }
    [record] = caption_records(outputs, TextAxis(["cat"], np.array([[0, 3]]), "cat"), cells)
    np.testing.assert_allclose(record.weights, [[[[0.25, 0.75]]]])
    assert record.gate is None


def test_label_is_a_query_with_its_probability():
    outputs = {
        "bytes_read": 7,
        "label": b"good",
        "score": 0.75,
        "attention_heads": np.array([[0.5, 0.5], [0.1, 0.9]]),
        "gate_heads": np.array([0.2, 0.4]),
        "source_offsets": np.array([[0, 3], [4, 7]]),
    }
    words = words_read(outputs, "not bad at all")
    [record] = label_records(outputs, words)
    assert (words.labels, words.text) == (["not", "bad"], "not bad at all")
    assert record.queries is not None
    assert record.gate is not None
    assert record.queries[0].labels == ["good 75%"]
    np.testing.assert_allclose(record.weights, [[[[0.5, 0.5]], [[0.1, 0.9]]]])
    np.testing.assert_allclose(record.gate, [[[0.2], [0.4]]])

"""Tests of faithfulness examples, next-token probabilities and erasure."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.focus import word_axis
from foveal.pipelines.evaluation.faithfulness import faithfulness_measures
from foveal.pipelines.text.codec import END, START
from foveal.pipelines.translation.analysis.faithfulness import (
    NextTokenExample,
    collect_predictions,
    erase,
    make_predict,
)

TEXTS = ["one dog sees", "the big cat"]


def test_predict_matches_model_without_batching(untrained):
    codec = untrained.codec
    pairs = [(TEXTS[0], np.array([START])), ("", np.array([START, 299, 5])), (TEXTS[1], np.array([START, 7]))]
    probabilities = make_predict(untrained.model, codec)(pairs)
    for row, (text, prefix) in zip(probabilities, pairs, strict=True):
        (source,) = codec.encode_rows([text], suffix=[END])
        logits = untrained.model({"source": source[None], "target": prefix[None]})["logits"][0, -1]
        np.testing.assert_allclose(row, tf.nn.softmax(logits), atol=1e-6)


def test_example_is_first_token_of_word_with_its_prefix(codec):
    translation = "dog one"
    (ids,) = codec.encode_rows([translation])
    (target_offsets,) = codec.row_byte_offsets([ids])
    source_offsets = np.array([[0, 2], [2, 3], [4, 7], [8, 8]])
    attention = np.random.default_rng(0).dirichlet(np.ones(4), size=len(ids))

    def signature(text):
        outputs = {
            "text": translation,
            "attention": attention,
            "source_offsets": source_offsets,
            "target_offsets": target_offsets,
        }
        return {name: tf.constant([value] * len(text)) for name, value in outputs.items()}

    examples, maps = collect_predictions(signature, codec, ["big dog"])
    assert [example.source.labels for example in examples] == [["big", "dog"]] * 2
    second = next(index for index, (start, end) in enumerate(target_offsets) if start < 7 and end > 4)
    assert examples[0].prefix[0] == START
    assert examples[1].prefix.tolist() == [START, *ids[:second]]
    weights = attention[second]
    np.testing.assert_allclose(maps[1], [weights[0] + weights[1], weights[2]])


def test_erase_removes_source_words_and_keeps_prefix():
    example = NextTokenExample(word_axis("one  big dog"), np.array([START, 9]), sentence=0)
    text, prefix = erase(example, np.array([False, True, False]))
    assert (text, prefix.tolist()) == ("one  dog", [START, 9])
    assert len(example) == 3


def test_map_on_decisive_word_is_faithful():
    examples = [
        NextTokenExample(word_axis("one big dog"), np.array([START]), 0),
        NextTokenExample(word_axis("a cat"), np.array([START]), 1),
    ]

    def predict(pairs):
        probability = np.array([0.2 + 0.7 * ("dog" in text) + 0.5 * ("cat" in text) for text, _ in pairs])
        return np.stack([1 - probability, probability], axis=1)

    measures = faithfulness_measures(predict, examples, erase)
    values = {name: measure([[0, 0, 1], [0, 1]]) for name, measure in measures.items()}
    np.testing.assert_allclose(values["comprehensiveness"], [0.7, 0.5])
    np.testing.assert_allclose(values["sufficiency"], 0, atol=1e-9)
    assert values["agreement with leave-one-out"] == pytest.approx([1, 1])

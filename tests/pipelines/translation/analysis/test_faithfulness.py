import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.evaluation.faithfulness import faithfulness
from foveal.pipelines.text.codec import END, START
from foveal.pipelines.text.whitespace_words import split_on_whitespace
from foveal.pipelines.translation.analysis.faithfulness import NextTokenExample, erase, looked, make_predict

TEXTS = ["one dog sees", "the big cat"]


def test_the_next_piece_has_the_probabilities_of_the_model(untrained):
    codec = untrained.codec
    asked = [(TEXTS[0], np.array([START])), ("", np.array([START, 299, 5])), (TEXTS[1], np.array([START, 7]))]
    together = make_predict(untrained.model, codec)(asked)
    for row, (text, written) in zip(together, asked, strict=True):
        (source,) = codec.rows([text], last=[END])
        alone = untrained.model({"source": source[None], "target": written[None]})["logits"][0, -1]
        np.testing.assert_allclose(row, tf.nn.softmax(alone), atol=1e-6)


def test_every_word_is_its_first_piece_with_what_stood_before_it(untrained):
    codec = untrained.codec
    written = "dog one"
    (ids,) = codec.rows([written])
    (target_offsets,) = codec.row_byte_offsets([ids])
    source_offsets = np.array([[0, 2], [2, 3], [4, 7], [8, 8]])
    attention = np.random.default_rng(0).dirichlet(np.ones(4), size=len(ids))

    def signature(text):
        told = {
            "text": [written] * len(text),
            "attention": [attention] * len(text),
            "source_offsets": [source_offsets] * len(text),
            "target_offsets": [target_offsets] * len(text),
        }
        return {name: tf.constant(value) for name, value in told.items()}

    choices, maps = looked(signature, codec, ["big dog"])
    assert [choice.source.labels for choice in choices] == [["big", "dog"]] * 2
    second = next(place for place, (start, end) in enumerate(target_offsets) if start < 7 and end > 4)
    assert choices[0].written[0] == START
    assert choices[1].written.tolist() == [START, *ids[:second]]
    row = attention[second]
    np.testing.assert_allclose(maps[1], [row[0] + row[1], row[2]])


def test_source_words_are_erased_and_the_translation_so_far_stays():
    choice = NextTokenExample(split_on_whitespace("one  big dog"), np.array([START, 9]))
    text, written = erase(choice, np.array([False, True, False]))
    assert (text, written.tolist()) == ("one dog", [START, 9])
    assert len(choice) == 3


def test_a_map_on_the_word_that_decides_is_faithful():
    choices = [
        NextTokenExample(split_on_whitespace("one big dog"), np.array([START])),
        NextTokenExample(split_on_whitespace("a cat"), np.array([START])),
    ]

    def predict(left):
        sure = np.array([0.2 + 0.7 * ("dog" in text) + 0.5 * ("cat" in text) for text, _ in left])
        return np.stack([1 - sure, sure], axis=1)

    of = {name: one([[0, 0, 1], [0, 1]]) for name, one in faithfulness(predict, choices, erase).items()}
    np.testing.assert_allclose(of["comprehensiveness"], [0.7, 0.5])
    np.testing.assert_allclose(of["sufficiency"], 0, atol=1e-9)
    assert of["agreement with leave-one-out"] == pytest.approx([1, 1])

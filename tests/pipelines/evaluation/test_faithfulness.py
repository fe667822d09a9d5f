"""Tests of next-token predictions and faithfulness measures."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.focus import word_axis
from foveal.pipelines.evaluation.faithfulness import (
    compare_faithfulness,
    next_token_probabilities,
    pad_ids,
)
from foveal.pipelines.text.word_units import remove_words


def test_next_token_probabilities_follow_last_token_of_prefix():
    prefix = pad_ids([np.array([1, 5]), np.array([1])])
    assert prefix.numpy().tolist() == [[1, 5, 0], [1, 0, 0]]
    logits = np.log(np.array([[[0.5, 0.5], [0.1, 0.9], [0.6, 0.4]], [[0.2, 0.8], [0.3, 0.7], [0.4, 0.6]]]))
    probabilities = next_token_probabilities(tf.constant(logits), prefix)
    np.testing.assert_allclose(probabilities, [[0.1, 0.9], [0.2, 0.8]], rtol=1e-6)


def test_compare_faithfulness_prefers_attention_on_decisive_word():
    def predict(texts):
        is_good = np.array(["good" in text.split() for text in texts], float)
        return np.stack([0.2 + 0.6 * is_good, 0.8 - 0.6 * is_good], axis=1)

    texts = [word_axis(text) for text in ("a good film indeed", "good it is not long", "so very good")]
    maps = [np.array([word == "good" for word in text.labels], float) * 0.7 + 0.1 for text in texts]
    results = compare_faithfulness(predict, texts, maps, remove_words, groups=[0, 1, 2])
    assert list(results) == ["comprehensiveness", "sufficiency", "agreement with leave-one-out"]
    assert results["comprehensiveness"].improvements["uniform"].value > 0
    assert results["sufficiency"].improvements["uniform"].value > 0


def test_compare_faithfulness_resamples_sentences():
    """Words that are repeated add no evidence, so the intervals are those of the sentences alone."""

    def predict(texts):
        is_good = np.array([text.count("good") for text in texts], float) / 3
        return np.stack([is_good, 1 - is_good], axis=1)

    texts = [word_axis(text) for text in ("a good film", "good and good fun", "so very good good good")]
    maps = [np.linspace(0.1, 0.9, len(text)) for text in texts]
    once = compare_faithfulness(predict, texts, maps, remove_words, groups=[0, 1, 2])
    many = [index for index in range(3) for _ in range(4)]
    repeated = compare_faithfulness(
        predict, [texts[index] for index in many], [maps[index] for index in many], remove_words, many
    )
    for name in once:
        assert repeated[name].value == pytest.approx(once[name].value, nan_ok=True)
    single = compare_faithfulness(predict, texts, maps, remove_words, groups=[0, 0, 0])
    assert np.isnan(single["comprehensiveness"].value.low)

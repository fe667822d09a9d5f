"""Tests of robustness with a translator that copies its source."""

import numpy as np
import pytest
import tensorflow as tf
from sacrebleu.metrics.chrf import CHRF

from foveal.datasets import ParallelText
from foveal.focus import word_offsets
from foveal.pipelines.translation.analysis.robustness import evaluate_robustness, quality_and_attention

TEST = ParallelText(["one big dog", "a cat sat here"], ["one big dog", "the cat sat"])


def signature(text):
    """Copy the source; each target word attends to the two tokens of its source word."""
    sources = [t.decode() for t in text.numpy()]
    max_words = max(len(source.split()) for source in sources)
    attention = np.zeros((len(sources), max_words, 2 * max_words))
    offsets = np.zeros((len(sources), 2 * max_words, 2), int)
    for row, source in enumerate(sources):
        for index, (start, end) in enumerate(word_offsets(source)):
            tokens = slice(2 * index, 2 * index + 2)
            offsets[row, tokens] = [(start, end), (end, end)]
            attention[row, index, tokens] = [0.75, 0.25]
    outputs = {"text": sources, "attention": attention, "source_offsets": offsets}
    return {name: tf.constant(value) for name, value in outputs.items()}


def test_quality_is_chrf_and_map_is_total_attention_of_source_words():
    quality, maps = quality_and_attention(signature, TEST)(TEST.source)
    metric = CHRF()
    pairs = zip(TEST.source, TEST.target, strict=True)
    expected = [metric.sentence_score(source, [target]).score / 100 for source, target in pairs]
    assert quality == pytest.approx(expected)
    np.testing.assert_allclose(maps[0], [0.75] * 3)
    np.testing.assert_allclose(maps[1], [0.75] * 4)


def test_noise_lowers_quality_of_copied_source():
    results = evaluate_robustness(signature, TEST)
    assert list(results) == ["letters", "Unicode", "words dropped", "words swapped"]
    assert results["letters"][-1].drop.value > results["letters"][0].drop.value >= 0
    for row in results["words swapped"]:
        assert abs(row.divergence.value) < 1e-6

import numpy as np
import pytest
import tensorflow as tf
from sacrebleu.metrics.chrf import CHRF

from foveal.datasets import ParallelText
from foveal.focus import word_offsets
from foveal.pipelines.translation.analysis.robustness import measure_robustness, quality_and_attention

TEST = ParallelText(["one big dog", "a cat sat here"], ["one big dog", "the cat sat"])


def signature(text):
    """Copies its source; each word that it writes looks at itself, with two pieces."""
    sources = [one.decode() for one in text.numpy()]
    longest = max(len(one.split()) for one in sources)
    attention = np.zeros((len(sources), longest, 2 * longest))
    offsets = np.zeros((len(sources), 2 * longest, 2), int)
    for row, one in enumerate(sources):
        for place, (start, end) in enumerate(word_offsets(one)):
            offsets[row, 2 * place : 2 * place + 2] = [(start, end), (end, end)]
            attention[row, place, 2 * place : 2 * place + 2] = [0.75, 0.25]
    told = {"text": sources, "attention": attention, "source_offsets": offsets}
    return {name: tf.constant(value) for name, value in told.items()}


def test_quality_is_chrf_and_a_map_is_what_each_source_word_gets_in_all():
    quality, maps = quality_and_attention(signature, TEST)(TEST.source)
    metric = CHRF()
    expected = [
        metric.sentence_score(s, [t]).score / 100 for s, t in zip(TEST.source, TEST.target, strict=True)
    ]
    assert quality == pytest.approx(expected)
    np.testing.assert_allclose(maps[0], [0.75] * 3)
    np.testing.assert_allclose(maps[1], [0.75] * 4)


def test_noise_costs_a_copier_what_it_changes():
    found = measure_robustness(signature, TEST)
    assert list(found) == ["letters", "words dropped", "words swapped"]
    assert found["letters"][-1].drop.value > found["letters"][0].drop.value >= 0
    for row in found["words swapped"]:
        assert abs(row.divergence.value) < 1e-6

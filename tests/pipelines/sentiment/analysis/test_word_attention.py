"""Tests of word-level attention, predictions and quality, with a constant tokenization."""

import numpy as np
import tensorflow as tf

from foveal.datasets import LabelledText
from foveal.pipelines.sentiment.analysis.word_attention import (
    make_predict,
    quality_and_attention,
    word_attention_maps,
)

CLASSES = ["bad", "good"]
TEXTS = ["so awful", "it was lovely . ", "x"]


def signature(text):
    """Return three tokens for every text: the first three bytes, the next two, and an empty one."""
    good = np.array([b"lovely" in t for t in text.numpy()], float)
    outputs = {
        "label": np.array([CLASSES[int(is_good)].encode() for is_good in good], object),
        "probabilities": np.stack([1 - good, good], axis=1),
        "attention": np.tile([0.25, 0.5, 0.25], (len(good), 1)),
        "source_offsets": np.tile([(0, 3), (3, 5), (8, 8)], (len(good), 1, 1)),
    }
    return {name: tf.constant(value) for name, value in outputs.items()}


def test_maps_have_weight_for_each_word_in_order_of_texts():
    maps = word_attention_maps(signature, TEXTS)
    np.testing.assert_allclose(maps[0], [0.25, 0.5])  # bytes 0-3 overlap `so` most, 3-5 `awful`
    np.testing.assert_allclose(maps[1], [0.25, 0.5, 0, 0])
    np.testing.assert_allclose(maps[2], [0.25])


def test_predict_keeps_order_of_texts():
    np.testing.assert_array_equal(make_predict(signature)(TEXTS), [[1, 0], [0, 1], [1, 0]])


def test_quality_compares_label_of_same_index():
    test = LabelledText(TEXTS, np.array([0, 0, 1]), CLASSES)
    quality, maps = quality_and_attention(signature, test)(TEXTS)
    np.testing.assert_array_equal(quality, [1, 0, 0])
    assert [len(weights) for weights in maps] == [2, 4, 1]

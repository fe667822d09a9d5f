"""Tests of robustness to perturbed images."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.analysis.robustness import evaluate_robustness, quality_and_attention
from foveal.pipelines.captioning.metrics import Cider

DARK, BRIGHT = np.full((6, 8, 3), 30, np.uint8), np.full((6, 8, 3), 220, np.uint8)
REFERENCES = [["a dark night", "night"], ["a bright day", "day"], ["two dogs"]]
ENCODED = [tf.io.encode_png(image).numpy() for image in (DARK, BRIGHT, DARK)]
TEST = CaptionedImages(tf.data.Dataset.from_tensor_slices(ENCODED), REFERENCES)


def signature(image):
    """Caption an image by its brightness; attend to its left half if it is dark, else to its right half."""
    pixels = [tf.io.decode_png(image).numpy() for image in image]
    bright = np.array([image.mean() > 120 for image in pixels])
    attention = np.zeros((len(pixels), 3, 1, 2))
    attention[~bright, :, :, 0], attention[bright, :, :, 1] = 1, 1
    texts = ["a bright day" if image else "a dark night" for image in bright]
    return {"text": tf.constant(texts), "attention": tf.constant(attention)}


def test_quality_and_attention_returns_cider_and_summed_attention():
    quality, maps = quality_and_attention(signature, TEST)([DARK, BRIGHT])
    expected = Cider(REFERENCES)(["a dark night", "a bright day"], REFERENCES[:2])
    assert quality == pytest.approx(expected)
    np.testing.assert_array_equal(maps, [[3, 0], [0, 3]])


def test_evaluate_robustness_blur_leaves_a_uniform_image_unchanged():
    results = evaluate_robustness(signature, TEST, num_examples=2)
    assert list(results) == ["noise", "blur", "occlusion", "clutter"]
    for row in results["blur"]:
        assert row.drop.value == pytest.approx(0)
        assert row.divergence.value == pytest.approx(0, abs=1e-6)

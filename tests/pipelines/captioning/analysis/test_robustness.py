import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.analysis.robustness import measure_robustness, quality_and_attention
from foveal.pipelines.captioning.metrics import Cider

DARK, BRIGHT = np.full((6, 8, 3), 30, np.uint8), np.full((6, 8, 3), 220, np.uint8)
REFERENCES = [["a dark night", "night"], ["a bright day", "day"], ["two dogs"]]
ENCODED = [tf.io.encode_png(one).numpy() for one in (DARK, BRIGHT, DARK)]
TEST = CaptionedImages(tf.data.Dataset.from_tensor_slices(ENCODED), REFERENCES)


def signature(image):
    """Says how bright a picture is, and looks at its left half, where it is dark, else at the right."""
    pixels = [tf.io.decode_png(one).numpy() for one in image]
    bright = np.array([one.mean() > 120 for one in pixels])
    attention = np.zeros((len(pixels), 3, 1, 2))
    attention[~bright, :, :, 0], attention[bright, :, :, 1] = 1, 1
    texts = ["a bright day" if one else "a dark night" for one in bright]
    return {"text": tf.constant(texts), "attention": tf.constant(attention)}


def test_quality_is_cider_and_a_map_is_what_each_cell_gets_in_all():
    quality, maps = quality_and_attention(signature, TEST)([DARK, BRIGHT])
    expected = Cider(REFERENCES)(["a dark night", "a bright day"], REFERENCES[:2])
    assert quality == pytest.approx(expected)
    np.testing.assert_array_equal(maps, [[3, 0], [0, 3]])


def test_every_noise_is_told_and_blur_does_nothing_to_a_plain_picture():
    found = measure_robustness(signature, TEST, pictures=2)
    assert list(found) == ["noise", "blur", "occlusion", "clutter"]
    for row in found["blur"]:
        assert row.drop.value == pytest.approx(0)
        assert row.divergence.value == pytest.approx(0, abs=1e-6)

"""Tests of the feature cache."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.feature_cache import BATCH_SIZE, cache_features


def encoded(value):
    file = io.BytesIO()
    Image.fromarray(np.full((6, 5, 3), value, np.uint8)).save(file, "PNG")
    return file.getvalue()


def captioned_images(*encoded_images, word="a"):
    images = tf.data.Dataset.from_tensor_slices(list(encoded_images))
    return CaptionedImages(images, [[word]] * len(encoded_images))


def mean(images):
    return tf.reduce_mean(tf.cast(images, tf.float32), axis=(1, 2))


def test_cache_features_returns_a_row_per_image_in_order(tmp_path):
    values = list(range(BATCH_SIZE + 3))
    rows = cache_features(captioned_images(*map(encoded, values)), 4, mean, tmp_path, "mean")
    np.testing.assert_allclose(rows, np.repeat(np.array(values)[:, None], 3, axis=1), atol=1e-5)


def test_cache_features_reuses_the_cache(tmp_path):
    data = captioned_images(encoded(3), encoded(7))
    first = cache_features(data, 4, mean, tmp_path, "mean")
    cached = cache_features(data, 4, lambda images: 1 / 0, tmp_path, "mean")
    np.testing.assert_array_equal(first, cached)


@pytest.mark.parametrize("change", ["images", "captions", "image_size", "name"])
def test_changed_input_invalidates_the_cache(tmp_path, change):
    cache_features(captioned_images(encoded(3)), 4, mean, tmp_path, "mean")
    data = captioned_images(
        encoded(9 if change == "images" else 3), word="b" if change == "captions" else "a"
    )
    image_size, name = 5 if change == "image_size" else 4, "other" if change == "name" else "mean"
    rows = cache_features(data, image_size, lambda images: mean(images) + 100, tmp_path, name)
    assert rows.min() > 100


def test_undecodable_image_raises_and_leaves_no_cache(tmp_path):
    with pytest.raises(ValueError, match="1 of 3 that cannot, image 1: not a JPEG"):
        cache_features(captioned_images(encoded(3), b"broken", encoded(4)), 4, mean, tmp_path, "mean")
    assert not list(tmp_path.glob("*.npy"))

"""Tests of the check of images."""

import pytest
import tensorflow as tf

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.image_checks import check_images

PNG = tf.io.encode_png(tf.zeros([2, 3, 3], tf.uint8)).numpy()


def captioned_images(*encoded, names=None):
    images = tf.data.Dataset.from_tensor_slices(tf.constant(encoded, tf.string))
    return CaptionedImages(images, [["a"]] * len(encoded), names=names)


def test_check_images_names_paths_and_reasons():
    names = [f"photos/{index}.jpg" for index in range(6)]
    data = captioned_images(PNG, b"", PNG[:-9], b"<html>", b"no", PNG, names=names)
    expected = (
        r"4 of 6 that cannot, photos/1\.jpg: an empty file; photos/2\.jpg: an incomplete or damaged PNG file,"
        r".*; photos/3\.jpg: not a JPEG, .* begins with b'<html>'; and 1 more$"
    )
    with pytest.raises(ValueError, match=expected):
        check_images(data)


def test_check_images_without_names_counts_them():
    data = captioned_images(PNG, b"x")
    with pytest.raises(ValueError, match="1 of 2 that cannot, image 1: not a JPEG"):
        check_images(data)
    check_images(data, count=1)


def test_check_images_of_many_sets_traces_once(caplog):
    for count in range(1, 7):
        check_images(captioned_images(*[PNG] * count))
    assert "retracing" not in caplog.text

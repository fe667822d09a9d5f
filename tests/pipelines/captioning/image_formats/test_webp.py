"""Tests of WebP files."""

import pytest
import tensorflow as tf
from PIL import Image

from foveal.pipelines.captioning.image_formats.webp import WEBP


@pytest.mark.parametrize("name", ["opaque", "transparent"])
@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("is_animated", [True, False])
def test_webp_matches_pillow(images, encode, assert_decodes_like_pillow, name, lossless, is_animated):
    image = images[name]
    frames = {"save_all": True, "append_images": [image.rotate(180)]} if is_animated else {}
    assert_decodes_like_pillow(WEBP, encode(image, "WEBP", lossless=lossless, **frames))


@pytest.mark.parametrize("orientation", [2, 8])
def test_webp_with_orientation_matches_pillow(images, encode, assert_decodes_like_pillow, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert_decodes_like_pillow(WEBP, encode(images["opaque"], "WEBP", lossless=True, exif=exif))


def test_later_frames_are_not_read(images, encode):
    image = images["opaque"]
    encoded = encode(image, "WEBP", save_all=True, append_images=[image.rotate(180)])
    assert WEBP.decode(tf.constant(encoded[:-50]))[0].shape == (40, 60, 3)


def test_incomplete_webp_is_invalid(images, encode, assert_every_cut_is_invalid):
    assert_every_cut_is_invalid(WEBP, encode(images["opaque"], "WEBP"))

"""Tests of JPEG files."""

import pytest
import tensorflow as tf
from PIL import Image

from foveal.pipelines.captioning.image_formats.exif import read_orientation
from foveal.pipelines.captioning.image_formats.jpeg import JPEG


def with_orientation(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "maker"
    return exif


@pytest.mark.parametrize("orientation", range(1, 9))
def test_jpeg_with_orientation_matches_pillow(images, encode, assert_decodes_like_pillow, orientation):
    encoded = encode(images["opaque"], "JPEG", exif=with_orientation(orientation))
    assert_decodes_like_pillow(JPEG, encoded)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"icc_profile": b"x" * 200_000}])
def test_jpeg_matches_pillow(images, encode, assert_decodes_like_pillow, mode, options):
    assert_decodes_like_pillow(JPEG, encode(images["opaque"].convert(mode), "JPEG", **options))


def test_orientation_after_other_segments_is_read(images, encode):
    encoded = encode(images["opaque"], "JPEG", exif=with_orientation(5))
    comment = b"\xff\xfe\x00\x08Exif\0\0"
    for inserted in (comment, b"\xff\xff" + comment[1:], b"\xff\xe1\x00\x08http:/" + comment):
        changed = tf.constant(encoded[:2] + inserted + encoded[2:])
        assert int(read_orientation(changed, JPEG.decode(changed)[1])) == 5


def test_incomplete_jpeg_is_invalid(images, encode, assert_every_cut_is_invalid):
    assert_every_cut_is_invalid(JPEG, encode(images["opaque"], "JPEG"))

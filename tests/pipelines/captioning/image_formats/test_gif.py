"""Tests of GIF files."""

import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from foveal.pipelines.captioning.image_formats.gif import GIF


@pytest.mark.parametrize("name", ["opaque", "transparent"])
@pytest.mark.parametrize("options", [{}, {"interlace": 1}, {"comment": b"x" * 700}])
def test_gif_matches_pillow(images, encode, assert_decodes_like_pillow, name, options):
    assert_decodes_like_pillow(GIF, encode(images[name], "GIF", **options))


def test_first_frame_of_an_animation_is_decoded(images, encode, assert_decodes_like_pillow):
    image = images["transparent"]
    encoded = encode(image, "GIF", save_all=True, append_images=[image.rotate(180)], disposal=2)
    assert_decodes_like_pillow(GIF, encoded)


def test_later_frames_are_not_read(images, encode):
    image = images["opaque"]
    encoded = encode(image, "GIF", save_all=True, append_images=[image.rotate(180)])
    expected = GIF.decode(tf.constant(encoded))[0]
    np.testing.assert_array_equal(GIF.decode(tf.constant(encoded[:-100]))[0], expected)


def test_frame_within_a_larger_screen_lies_on_white(images, encode):
    encoded = encode(Image.new("P", (3, 2), 1), "GIF")
    start = encoded.index(b",\0\0\0\0\x03\0\x02\0")
    moved = struct.pack("<HHHH", 2, 1, 3, 2)
    encoded = encoded[:6] + struct.pack("<HH", 7, 5) + encoded[10 : start + 1] + moved + encoded[start + 9 :]
    pixels, _ = GIF.decode(tf.constant(encoded))
    expected = np.full((5, 7, 3), 255)
    expected[1:3, 2:5] = np.asarray(Image.new("P", (3, 2), 1).convert("RGB"))
    np.testing.assert_array_equal(pixels, expected)
    assert GIF.size(tf.constant(encoded)).numpy().tolist() == [5, 7]


def test_incomplete_gif_is_invalid(images, encode, assert_every_cut_is_invalid):
    assert_every_cut_is_invalid(GIF, encode(images["opaque"], "GIF"))

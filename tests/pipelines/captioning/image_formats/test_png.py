"""Tests of PNG files."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from foveal.pipelines.captioning.image_formats.png import PNG


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_png_matches_pillow(images, encode, assert_decodes_like_pillow, mode):
    assert_decodes_like_pillow(PNG, encode(images["transparent"].convert(mode), "PNG"))


@pytest.mark.parametrize(
    ("mode", "colours", "transparency"),
    [
        ("P", 2, 0),
        ("P", 4, 1),
        ("P", 16, 3),
        ("P", 256, bytes([0, 128, 255] * 30)),
        ("L", 0, 1),
        ("1", 0, 0),
        ("RGB", 0, (1, 1, 1)),
    ],
)
def test_png_with_transparency_chunk_matches_pillow(
    images, encode, assert_decodes_like_pillow, mode, colours, transparency
):
    image = images["opaque"].quantize(colours) if colours else images["opaque"].convert(mode)
    assert_decodes_like_pillow(PNG, encode(image, "PNG", transparency=transparency))


@pytest.mark.parametrize("orientation", [3, 6])
def test_png_with_orientation_matches_pillow(images, encode, assert_decodes_like_pillow, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert_decodes_like_pillow(PNG, encode(images["opaque"], "PNG", exif=exif))


def test_png_of_16_bits_becomes_8(encode):
    grey = np.arange(256, dtype=np.uint16).reshape(4, 64)
    pixels, _ = PNG.decode(tf.constant(encode(Image.fromarray(grey * 257), "PNG")))
    assert np.abs(pixels.numpy().astype(int) - grey[..., None]).max() <= 1


def test_incomplete_png_is_invalid(images, encode, assert_every_cut_is_invalid):
    assert_every_cut_is_invalid(PNG, encode(images["opaque"], "PNG"))

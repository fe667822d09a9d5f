"""Tests of the EXIF orientation."""

import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from foveal.pipelines.captioning.image_formats.exif import (
    apply_orientation,
    is_transposed,
    read_orientation,
)

ORDERS = {"<": b"II", ">": b"MM"}


def exif(orientation, order="<", tag=0x0112, offset=8):
    directory = struct.pack(f"{order}HHHIHHHHIHH", 2, 0x010F, 3, 1, 7, 0, tag, 3, 1, orientation, 0)
    return ORDERS[order] + struct.pack(f"{order}HI", 42, offset) + bytes(offset - 8) + directory


def read(content, start=4):
    return int(read_orientation(tf.constant(b"####"[:start] + content), tf.constant(start, tf.int64)))


@pytest.mark.parametrize("order", ORDERS)
def test_read_orientation_in_both_byte_orders(order):
    assert [read(exif(value, order)) for value in range(1, 9)] == list(range(1, 9))
    assert read(exif(6, order, offset=30)) == 6


@pytest.mark.parametrize(
    "content",
    [
        *(exif(0), exif(9), exif(6, tag=0x0113), exif(6)[:20], exif(6)[:5], exif(6, offset=5000)[:40]),
        *(b"", b"II", b"XX" + exif(6)[2:], exif(6)[:4] + b"\xff" * 40),
    ],
)
def test_read_orientation_without_a_valid_one_is_1(content):
    assert read(content) == 1


def test_read_orientation_without_exif_data_is_1():
    assert read(exif(6), start=0) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_apply_orientation_matches_pillow(orientation):
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(apply_orientation(tf.constant(pixels), tf.constant(orientation)), expected)
    assert bool(is_transposed(tf.constant(orientation))) == (expected.shape[:2] == (3, 2))

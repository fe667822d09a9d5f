"""Tests of BMP files."""

import struct

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.captioning.image_formats.bmp import BMP


def bmp(bits, width, height, data, compression=0, masks=b"", palette=b""):
    header_bytes = 40 + len(masks)
    start = 14 + header_bytes + len(palette)
    size = start + len(data)
    fields = (header_bytes, width, height, 1, bits, compression, 0, 0, 0, 0, 0)
    header = struct.pack("<IiiHHIIIIII", *fields)
    return b"BM" + struct.pack("<IHHI", size, 0, 0, start) + header + masks + palette + data


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("name", ["opaque", "transparent"])
def test_bmp_matches_pillow(images, encode, assert_decodes_like_pillow, mode, name):
    assert_decodes_like_pillow(BMP, encode(images[name].convert(mode), "BMP"))


def test_bmp_of_4_bits_and_rows_from_the_top(assert_decodes_like_pillow):
    palette = bytes(range(64))
    assert_decodes_like_pillow(BMP, bmp(4, 3, 2, b"\x12\x30\0\0\xfe\x00\0\0", palette=palette))
    assert_decodes_like_pillow(BMP, bmp(24, 1, -2, b"abc\0def\0"))


def test_bmp_with_alpha_mask_is_laid_on_white(assert_decodes_like_pillow):
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    encoded = bmp(32, 2, 1, b"\x10\x20\x30\x80\x40\x50\x60\xff", compression=3, masks=masks)
    assert_decodes_like_pillow(BMP, encoded)
    assert np.ravel(BMP.decode(tf.constant(encoded))[0])[:3].tolist() == [151, 143, 135]


@pytest.mark.parametrize("encoded", [bmp(16, 2, 2, bytes(8)), bmp(8, 2, 2, bytes(8), compression=1)])
def test_other_kinds_of_bmp_are_invalid(encoded):
    with pytest.raises(tf.errors.InvalidArgumentError, match="not read"):
        BMP.decode(tf.constant(encoded))


def test_incomplete_bmp_is_invalid(images, encode, assert_every_cut_is_invalid):
    assert_every_cut_is_invalid(BMP, encode(images["opaque"], "BMP"))

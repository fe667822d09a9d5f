"""Tests of image decoding against Pillow."""

import io
import re

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from foveal.pipelines.captioning import image_decoding
from foveal.pipelines.captioning.image_decoding import (
    cell_regions,
    decode_image,
    decode_images,
    decoding_error,
)

IMAGE_SIZE = 8
rng = np.random.default_rng(0)
SMOOTH = np.linspace(0, 255, 40 * 60 * 3).reshape(40, 60, 3).astype(np.uint8)


def encode(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def decode(*encoded, image_size=IMAGE_SIZE):
    return [x.numpy() for x in decode_images(tf.constant(list(encoded), tf.string), image_size)]


RGB = Image.fromarray(SMOOTH)
JPEG, PNG = encode(RGB, "JPEG"), encode(RGB)
GIF = encode(RGB, "GIF", save_all=True, append_images=[RGB.rotate(90)])
WEBP = encode(RGB, "WEBP", lossless=True)
BAD = {
    "nothing": b"",
    "text": b"not an image",
    "half a JPEG": JPEG[: len(JPEG) // 2],
    "a JPEG without its last bytes": JPEG[:-20],
    "the start of a JPEG": JPEG[:20],
    "half a PNG": PNG[: len(PNG) // 2],
    "the start of a PNG": PNG[:10],
    "half a GIF": GIF[: len(GIF) // 3],
    "the start of a WebP": WEBP[:12],
    "half a BMP": encode(RGB, "BMP")[:200],
}


@pytest.mark.parametrize(
    "encoded",
    [
        PNG,
        encode(RGB, "JPEG", quality=100, subsampling=0),
        encode(RGB, "JPEG", quality=100, subsampling=0, progressive=True),
        encode(RGB.convert("CMYK"), "JPEG", quality=100, subsampling=0),
        encode(RGB, "BMP"),
        WEBP,
    ],
)
def test_decode_images_matches_pillow(encoded):
    expected = np.asarray(RGB.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BILINEAR), float)
    pixels, sizes, valid = decode(encoded)
    assert np.abs(pixels[0] - expected).max() <= 4
    assert sizes.tolist() == [[40, 60]]
    assert valid.tolist() == [True]


def test_decode_images_accepts_grey_16_bit_and_1_bit():
    grey = SMOOTH[..., 0]
    sixteen = Image.fromarray(grey.astype(np.uint16) * 257)
    one_bit = Image.fromarray(grey > 127)
    pixels, _, valid = decode(encode(Image.fromarray(grey)), encode(sixteen), encode(one_bit), image_size=40)
    assert valid.all()
    assert np.abs(pixels[0].astype(int) - pixels[1]).max() <= 1
    assert abs(float(pixels[2].mean()) - 255 * float((grey > 127).mean())) < 3


def test_alpha_is_blended_with_white():
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[:, :2] = (200, 100, 0, 255)
    rgba[:, 2:] = (200, 100, 0, 51)  # one fifth colour, four fifths white
    pixels = decode(encode(Image.fromarray(rgba)), image_size=4)[0][0]
    assert pixels[0, 0].tolist() == [200, 100, 0]
    assert pixels[0, 3].tolist() == [244, 224, 204]


@pytest.mark.parametrize("name", BAD)
def test_undecodable_image_is_invalid_and_leaves_neighbours_unchanged(name):
    expected = decode(PNG)[0][0]
    pixels, sizes, valid = decode(PNG, BAD[name], JPEG)
    assert valid.tolist() == [True, False, True]
    assert sizes.tolist() == [[40, 60], [0, 0], [40, 60]]
    np.testing.assert_array_equal(pixels[0], expected)
    assert not pixels[1].any()


def test_single_pixel_image_is_valid():
    pixels, sizes, valid = decode(encode(Image.fromarray(np.full((1, 1, 3), 9, np.uint8))))
    assert valid[0]
    assert sizes.tolist() == [[1, 1]]
    assert (pixels == 9).all()


def png_header(width, height):
    """Return a PNG whose header states another size."""
    sides = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return PNG[:16] + sides + PNG[24:]


def test_max_pixels_is_checked_against_the_header(monkeypatch):
    monkeypatch.setattr(image_decoding, "MAX_PIXELS", 40 * 60)
    assert decode(JPEG, PNG, GIF, WEBP)[2].all()
    monkeypatch.setattr(image_decoding, "MAX_PIXELS", 40 * 60 - 1)
    assert not decode(JPEG, PNG, GIF, WEBP)[2].any()


def test_orientation_is_applied_and_its_size_is_that_of_the_upright_image():
    exif = Image.Exif()
    exif[0x0112] = 6
    rotated = encode(RGB.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=100, subsampling=0)
    pixels, sizes, _ = decode(rotated, encode(RGB, "JPEG", quality=100, subsampling=0))
    assert sizes.tolist() == [[40, 60], [40, 60]]
    assert np.abs(pixels[0].astype(int) - pixels[1]).max() <= 3
    assert decode_image(rotated).shape == (40, 60, 3)


def test_formats_in_one_batch_give_what_each_gives_alone():
    encoded = [PNG, GIF, BAD["text"], JPEG, WEBP, encode(RGB, "BMP")]
    batch = decode(*encoded)
    for row, image in enumerate(encoded):
        for in_batch, alone in zip(batch, decode(image), strict=True):
            np.testing.assert_array_equal(in_batch[row], alone[0])


def test_decode_image_keeps_the_size_and_blends_alpha_with_white():
    rgba = np.dstack([SMOOTH, np.zeros((40, 60, 1), np.uint8)])
    np.testing.assert_array_equal(decode_image(encode(Image.fromarray(rgba))), np.full((40, 60, 3), 255))
    np.testing.assert_array_equal(decode_image(tf.constant(PNG)), SMOOTH)
    with pytest.raises(ValueError, match="Received: an incomplete or damaged JPEG file"):
        decode_image(BAD["half a JPEG"])


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        (b"", "an empty file"),
        (b"II*\0" + bytes(40), "a TIFF file, which is not read: save it as JPEG or PNG"),
        (b"\0\0\0\x1cftypheic", "a HEIC or AVIF file, which is not read"),
        (b"<html>\x1b[2J", r"not a JPEG, PNG, GIF, BMP or WebP file: it begins with b'<html>\\x1b"),
        (BAD["half a PNG"], "an incomplete or damaged PNG file"),
        (
            BAD["half a BMP"],
            "an incomplete or damaged BMP file, or of a kind that is not read: save it as PNG",
        ),
        (PNG[:16] + bytes([0, 0, 31, 64, 0, 0, 23, 112]) + PNG[24:], "8,000 x 6,000 pixels, more than 40,0"),
    ],
)
def test_decoding_error_names_the_reason(encoded, reason):
    assert re.match(reason, decoding_error(encoded))


@pytest.mark.parametrize("sides", [(12_000, 12_000), (60_000, 60_000), (2**31 + 1, 2), (0, 5)])
def test_huge_size_in_the_header_is_invalid(sides):
    assert not decode(png_header(*sides))[2].any()


def test_decompression_bomb_is_invalid():
    # 12,000 x 12,000 pixels of one bit each, in 18 kB
    bomb = encode(Image.new("1", (12_000, 12_000)))
    assert len(bomb) < 50_000
    assert decode(bomb, PNG)[2].tolist() == [False, True]


def test_empty_batch_returns_no_rows():
    pixels, sizes, valid = decode()
    assert (pixels.shape, sizes.shape, valid.shape) == ((0, IMAGE_SIZE, IMAGE_SIZE, 3), (0, 2), (0,))


def test_cell_regions_tile_the_image():
    regions = cell_regions(tf.constant([[40, 60], [7, 3]]), 2, 3).numpy()
    assert regions.shape == (2, 2, 3, 4)
    assert regions[0, 0, 0].tolist() == [0, 0, 20, 20]
    assert regions[0, 1, 2].tolist() == [20, 40, 40, 60]
    areas = (regions[..., 2] - regions[..., 0]) * (regions[..., 3] - regions[..., 1])
    np.testing.assert_allclose(areas.sum((1, 2)), [40 * 60, 7 * 3], rtol=1e-6)

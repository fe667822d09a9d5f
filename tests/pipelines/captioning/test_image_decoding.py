import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from foveal.pipelines.captioning import image_decoding
from foveal.pipelines.captioning.image_decoding import cell_regions, read_images

SIDE = 8
rng = np.random.default_rng(0)
SMOOTH = np.linspace(0, 255, 40 * 60 * 3).reshape(40, 60, 3).astype(np.uint8)


def encode(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def read(*encoded, side=SIDE):
    return [x.numpy() for x in read_images(tf.constant(list(encoded), tf.string), side)]


RGB = Image.fromarray(SMOOTH)
JPEG, PNG = encode(RGB, "JPEG"), encode(RGB)
GIF = encode(RGB, "GIF", save_all=True, append_images=[RGB.rotate(90)])
BAD = {
    "nothing": b"",
    "text": b"not a picture",
    "half a JPEG": JPEG[: len(JPEG) // 2],
    "a JPEG without its last bytes": JPEG[:-20],
    "the start of a JPEG": JPEG[:20],
    "half a PNG": PNG[: len(PNG) // 2],
    "the start of a PNG": PNG[:10],
    "an animated GIF": GIF,
}


@pytest.mark.parametrize(
    "encoded",
    [
        PNG,
        encode(RGB, "JPEG", quality=100, subsampling=0),
        encode(RGB, "JPEG", quality=100, subsampling=0, progressive=True),
        encode(RGB.convert("CMYK"), "JPEG", quality=100, subsampling=0),
    ],
)
def test_a_picture_is_what_pillow_reads(encoded):
    expected = np.asarray(RGB.resize((SIDE, SIDE), Image.Resampling.BILINEAR), float)
    pixels, sizes, valid = read(encoded)
    assert np.abs(pixels[0] - expected).max() <= 4
    assert sizes.tolist() == [[40, 60]]
    assert valid.tolist() == [True]


def test_grey_and_16_bits_and_one_bit_are_read():
    grey = SMOOTH[..., 0]
    sixteen = Image.fromarray(grey.astype(np.uint16) * 257)
    one_bit = Image.fromarray(grey > 127)
    pixels, _, valid = read(encode(Image.fromarray(grey)), encode(sixteen), encode(one_bit), side=40)
    assert valid.all()
    assert np.abs(pixels[0].astype(int) - pixels[1]).max() <= 1
    assert abs(float(pixels[2].mean()) - 255 * float((grey > 127).mean())) < 3


def test_what_is_transparent_is_laid_on_white():
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[:, :2] = (200, 100, 0, 255)
    rgba[:, 2:] = (200, 100, 0, 51)  # a fifth of it, and four fifths white
    pixels = read(encode(Image.fromarray(rgba)), side=4)[0][0]
    assert pixels[0, 0].tolist() == [200, 100, 0]
    assert pixels[0, 3].tolist() == [244, 224, 204]


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_not_valid_and_harms_no_other(name):
    alone = read(PNG)[0][0]
    pixels, sizes, valid = read(PNG, BAD[name], JPEG)
    assert valid.tolist() == [True, False, True]
    assert sizes.tolist() == [[40, 60], [0, 0], [40, 60]]
    np.testing.assert_array_equal(pixels[0], alone)
    assert not pixels[1].any()


def test_one_pixel_is_a_picture():
    pixels, sizes, valid = read(encode(Image.fromarray(np.full((1, 1, 3), 9, np.uint8))))
    assert valid[0]
    assert sizes.tolist() == [[1, 1]]
    assert (pixels == 9).all()


def png_header(width, height):
    """The first bytes of a PNG file that says it is so large."""
    sides = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return PNG[:16] + sides + PNG[24:]


def test_the_size_is_read_from_the_header_before_anything_is_decoded(monkeypatch):
    monkeypatch.setattr(image_decoding, "MOST_PIXELS", 40 * 60)
    assert read(JPEG, PNG)[2].tolist() == [True, True]
    monkeypatch.setattr(image_decoding, "MOST_PIXELS", 40 * 60 - 1)
    assert read(JPEG, PNG)[2].tolist() == [False, False]


@pytest.mark.parametrize("sides", [(12_000, 12_000), (60_000, 60_000), (2**31 + 1, 2), (0, 5)])
def test_a_picture_that_says_it_is_huge_is_not_read(sides):
    assert not read(png_header(*sides))[2].any()


def test_a_bomb_costs_no_memory():
    # 12,000 x 12,000 pixels, all of them there, in 18 kB: a bit each
    bomb = encode(Image.new("1", (12_000, 12_000)))
    assert len(bomb) < 50_000
    assert read(bomb, PNG)[2].tolist() == [False, True]


def test_no_picture_at_all_is_no_row():
    pixels, sizes, valid = read()
    assert (pixels.shape, sizes.shape, valid.shape) == ((0, SIDE, SIDE, 3), (0, 2), (0,))


def test_regions_tile_the_original_picture():
    regions = cell_regions(tf.constant([[40, 60], [7, 3]]), 2, 3).numpy()
    assert regions.shape == (2, 2, 3, 4)
    assert regions[0, 0, 0].tolist() == [0, 0, 20, 20]
    assert regions[0, 1, 2].tolist() == [20, 40, 40, 60]
    areas = (regions[..., 2] - regions[..., 0]) * (regions[..., 3] - regions[..., 1])
    np.testing.assert_allclose(areas.sum((1, 2)), [40 * 60, 7 * 3], rtol=1e-6)

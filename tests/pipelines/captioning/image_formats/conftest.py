"""Images, their encoding, and Pillow as the oracle of decoding."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from foveal.pipelines.captioning.image_formats.exif import apply_orientation, read_orientation

SMOOTH = np.linspace(1, 255, 40 * 60 * 3).reshape(40, 60, 3).astype(np.uint8)
RANDOM = np.random.default_rng(0).integers(0, 255, (11, 7, 4)).astype(np.uint8)


@pytest.fixture(scope="session")
def images():
    """An opaque image and one with transparent pixels."""
    return {"opaque": Image.fromarray(SMOOTH), "transparent": Image.fromarray(RANDOM)}


@pytest.fixture(scope="session")
def encode():
    def encode_image(image, kind, **options):
        file = io.BytesIO()
        image.save(file, kind, **options)
        return file.getvalue()

    return encode_image


@pytest.fixture(scope="session")
def assert_decodes_like_pillow():
    """Compare size, orientation and pixels with Pillow: the first frame, upright, on white."""

    def check(image_format, encoded):
        expected = ImageOps.exif_transpose(Image.open(io.BytesIO(encoded))).convert("RGBA")
        canvas = Image.new("RGBA", expected.size, "white")
        canvas.alpha_composite(expected)
        encoded = tf.constant(encoded)
        assert image_format.matches(encoded)
        pixels, exif = image_format.decode(encoded)
        assert image_format.size(encoded).numpy().tolist() == list(pixels.shape[:2])
        upright = apply_orientation(pixels, read_orientation(encoded, exif))
        np.testing.assert_array_equal(upright, np.asarray(canvas.convert("RGB")))

    return check


@pytest.fixture(scope="session")
def assert_every_cut_is_invalid():
    """Check that a file that lacks its end, at several lengths, is an error and not a picture."""

    def decode(image_format, encoded):
        tf.debugging.assert_positive(image_format.size(encoded))
        image_format.decode(encoded)

    def check(image_format, encoded):
        for length in (*range(8, min(len(encoded), 60), 5), len(encoded) // 2, len(encoded) - 9):
            with pytest.raises(tf.errors.InvalidArgumentError):
                decode(image_format, tf.constant(encoded[:length]))

    return check

import numpy as np
import pytest

from foveal.focus.figures.pixels import image_pixels

IMAGE = np.random.default_rng(0).integers(0, 256, (3, 4, 3), dtype=np.uint8)


def test_pixels_of_integers_and_floats():
    np.testing.assert_array_equal(image_pixels(IMAGE), IMAGE)
    np.testing.assert_array_equal(image_pixels(IMAGE.astype("float32")), IMAGE)
    np.testing.assert_array_equal(image_pixels(IMAGE.astype("float32") / 255), IMAGE)
    np.testing.assert_array_equal(image_pixels(np.minimum(IMAGE, 1)), np.minimum(IMAGE, 1))  # nearly black


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (IMAGE[..., 0], r"\(height, width, 3\).* Received: image.shape=\(3, 4\)"),
        (IMAGE[:0], "not be empty"),
        (IMAGE / 127.5 - 1, "floats from 0 to 1. Received: values from -"),
        (IMAGE * 2.0, "from 0 to 255"),
        (np.full((2, 2, 3), np.nan), "Received: values from nan to nan"),
    ],
)
def test_invalid_images_raise(image, message):
    with pytest.raises(ValueError, match=f"`image` must .*{message}"):
        image_pixels(image)

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.feature_cache import BATCH, see


def encoded(value):
    file = io.BytesIO()
    Image.fromarray(np.full((6, 5, 3), value, np.uint8)).save(file, "PNG")
    return file.getvalue()


def pictures(*encoded_pictures, word="a"):
    images = tf.data.Dataset.from_tensor_slices(list(encoded_pictures))
    return CaptionedImages(images, [[word]] * len(encoded_pictures))


def mean(images):
    return tf.reduce_mean(tf.cast(images, tf.float32), axis=(1, 2))


def test_a_row_for_every_picture_in_their_order(tmp_path):
    values = list(range(BATCH + 3))
    rows = see(pictures(*map(encoded, values)), 4, mean, tmp_path, "mean")
    np.testing.assert_allclose(rows, np.repeat(np.array(values)[:, None], 3, axis=1), atol=1e-5)


def test_what_was_seen_is_not_looked_at_again(tmp_path):
    data = pictures(encoded(3), encoded(7))
    first = see(data, 4, mean, tmp_path, "mean")
    again = see(data, 4, lambda images: 1 / 0, tmp_path, "mean")
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("change", ["pictures", "captions", "side", "name"])
def test_other_pictures_are_looked_at_anew(tmp_path, change):
    see(pictures(encoded(3)), 4, mean, tmp_path, "mean")
    data = pictures(encoded(9 if change == "pictures" else 3), word="b" if change == "captions" else "a")
    side, name = 5 if change == "side" else 4, "other" if change == "name" else "mean"
    rows = see(data, side, lambda images: mean(images) + 100, tmp_path, name)
    assert rows.min() > 100


def test_a_picture_that_cannot_be_read_is_named_and_nothing_is_kept(tmp_path):
    with pytest.raises(ValueError, match="picture 1 cannot be read"):
        see(pictures(encoded(3), b"broken", encoded(4)), 4, mean, tmp_path, "mean")
    assert not list(tmp_path.glob("*.npy"))

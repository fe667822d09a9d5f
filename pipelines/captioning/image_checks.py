"""Check that the images of a data set can be decoded."""

from itertools import islice

import tensorflow as tf

from ...datasets import CaptionedImages
from .image_decoding import decode_images, decoding_error

BATCH_SIZE = 32
MAX_LISTED = 3  # images in an error message


def check_images(data: CaptionedImages, count: int | None = None) -> None:
    """Decode the images of a data set.

    Args:
        data: images.
        count: number of images, the first ones; by default all.

    Raises:
        ValueError: if images cannot be decoded. The message names the first of them, and the reasons.
    """
    images = data.images if count is None else data.images.take(count)
    failures, index = [], 0
    for batch in images.batch(BATCH_SIZE):
        for is_valid, encoded in zip(_is_valid(batch).numpy(), batch, strict=True):
            if not is_valid:
                failures.append((data.name_of(index), encoded))
            index += 1
    if failures:
        listed = [f"{name}: {decoding_error(image.numpy())}" for name, image in islice(failures, MAX_LISTED)]
        more = f"; and {len(failures) - MAX_LISTED} more" if len(failures) > MAX_LISTED else ""
        raise ValueError(
            f"`data` must have images that can be decoded. Received: {len(failures)} of {index} that cannot, "
            f"{'; '.join(listed)}{more}"
        )


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def _is_valid(images: tf.Tensor) -> tf.Tensor:
    return decode_images(images, 1)[2]

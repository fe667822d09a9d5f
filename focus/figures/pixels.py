"""Pixels of an image that is given as integers or as floats. Private."""

import numpy as np
import numpy.typing as npt


def image_pixels(image: npt.ArrayLike) -> np.ndarray:
    """Convert an image to integers from 0 to 255.

    Args:
        image: Image, shape `(height, width, 3)`, from 0 to 255, or floats from 0 to 1.

    Returns:
        The pixels, uint8.

    Raises:
        ValueError: If the image has another shape, is empty, or holds other values.

    Example:
        >>> image_pixels(np.full((1, 1, 3), 0.2)).tolist()
        [[[51, 51, 51]]]
    """
    pixels = np.asarray(image)
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
        raise ValueError(
            "`image` must have shape (height, width, 3) and not be empty. "
            f"Received: image.shape={pixels.shape}."
        )
    low, high = pixels.min(), pixels.max()
    if not (low >= 0 and high <= 255):
        raise ValueError(
            f"`image` must be from 0 to 255, or floats from 0 to 1. Received: values from {low} to {high}."
        )
    scale = 255 if np.issubdtype(pixels.dtype, np.floating) and high <= 1 else 1
    return np.rint(pixels.astype(float) * scale).astype(np.uint8)

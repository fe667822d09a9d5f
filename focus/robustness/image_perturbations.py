"""Image perturbations: noise, blur, occlusion, clutter.

Each is a function of an image `(height, width, channels)`, uint8 or floats from 0 to 1, a severity from 0 to
1 and a seed. Regions keep their positions, so attention maps before and after are comparable.
"""

from collections.abc import Sequence

import numpy as np

from ...optional_dependencies import optional_dependency
from .perturbation import Perturbation, Perturbed, check_severity


def image_noise(image: np.ndarray, severity: float, seed: int) -> Perturbed:
    """Add Gaussian noise to every channel; its standard deviation is half of the severity (white is 1).

    Args:
        image: `(height, width, channels)`, uint8 or floats from 0 to 1.
        severity: from 0 to 1.
        seed: of the noise.

    Returns:
        A `Perturbed` image of the same shape and dtype.

    Raises:
        ValueError: if the image or the severity is invalid.

    Example:
        >>> noisy = image_noise(np.full((4, 4, 3), 128, np.uint8), 0.2, seed=0).example
        >>> noisy.shape, noisy.dtype.name
        ((4, 4, 3), 'uint8')

    Reference:
        Hendrycks and Dietterich 2019, Benchmarking Neural Network Robustness.
    """
    pixels = _validate_image(image, severity)
    noise = np.random.default_rng(seed).normal(size=pixels.shape)
    return Perturbed(_restore_dtype(pixels + 0.5 * severity * noise, image))


def blur(image: np.ndarray, severity: float, seed: int = 0) -> Perturbed:
    """Apply a Gaussian blur; its standard deviation is a tenth of the shorter side times the severity.

    Args:
        image: `(height, width, channels)`, uint8 or floats from 0 to 1.
        severity: from 0 to 1.
        seed: not used.

    Returns:
        A `Perturbed` image of the same shape and dtype.

    Raises:
        ValueError: if the image or the severity is invalid.

    Example:
        >>> float(blur(np.eye(20)[..., None], 1.0).example[10, 10, 0].round(2))
        0.14

    Reference:
        Hendrycks and Dietterich 2019, Benchmarking Neural Network Robustness.
    """
    with optional_dependency("focus"):
        from scipy import ndimage

    pixels = _validate_image(image, severity)
    sigma = 0.1 * severity * min(pixels.shape[:2])
    return Perturbed(
        _restore_dtype(ndimage.gaussian_filter(pixels, sigma, axes=(0, 1), mode="nearest"), image)
    )


def occlusion(image: np.ndarray, severity: float, seed: int) -> Perturbed:
    """Occlude the image by a grey rectangle of its aspect ratio; the severity is the covered fraction.

    Args:
        image: `(height, width, channels)`, uint8 or floats from 0 to 1.
        severity: from 0 to 1.
        seed: of the position.

    Returns:
        A `Perturbed` image of the same shape and dtype.

    Raises:
        ValueError: if the image or the severity is invalid.

    Example:
        >>> int((occlusion(np.zeros((10, 10, 1)), 0.25, seed=0).example == 0.5).sum())
        25

    Reference:
        Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks, on occlusion.
    """
    pixels = _validate_image(image, severity).copy()
    pixels[_random_rectangle(pixels.shape, severity, np.random.default_rng(seed))] = 0.5
    return Perturbed(_restore_dtype(pixels, image))


def clutter(pool: Sequence[np.ndarray]) -> Perturbation:
    """Create a perturbation that pastes four patches of other images onto an image.

    Args:
        pool: images of any size; each patch is cut from one of them, tiled if it is too small.

    Returns:
        A function of an image, a severity and a seed. Each patch covers a quarter of the severity, as a
        fraction of the image; patches may overlap.

    Raises:
        ValueError: if the pool is empty; by the function: if an image or the severity is invalid.

    Example:
        >>> cluttered = clutter([np.ones((2, 2, 3))])(np.zeros((10, 10, 3)), 0.4, seed=0).example
        >>> bool(0 < cluttered.mean() <= 0.4)
        True
    """
    if not len(pool):
        raise ValueError("`pool` must hold at least one image. Received: an empty pool")

    def perturb(image: np.ndarray, severity: float, seed: int) -> Perturbed:
        pixels = _validate_image(image, severity).copy()
        rng = np.random.default_rng(seed)
        for _ in range(4):
            region = _random_rectangle(pixels.shape, severity / 4, rng)
            height, width = (side.stop - side.start for side in region)
            patch = _validate_image(pool[int(rng.integers(len(pool)))], severity)
            tiles = [
                -(-side // size) + 1 for side, size in zip((height, width), patch.shape[:2], strict=True)
            ]
            top, left = rng.integers(patch.shape[:2])
            pixels[region] = np.tile(patch, (*tiles, 1))[top : top + height, left : left + width]
        return Perturbed(_restore_dtype(pixels, image))

    return perturb


def _random_rectangle(
    shape: tuple[int, ...], fraction: float, rng: np.random.Generator
) -> tuple[slice, slice]:
    """A rectangle of the aspect ratio of the image at a random position."""
    # The draws do not depend on the fraction, so a larger rectangle contains a smaller one of the same seed.
    positions = rng.random(2)
    sides = [round(side * fraction**0.5) for side in shape[:2]]
    top, left = (
        round(float(position) * (size - side))
        for position, size, side in zip(positions, shape[:2], sides, strict=True)
    )
    return slice(top, top + sides[0]), slice(left, left + sides[1])


def _validate_image(image: np.ndarray, severity: float) -> np.ndarray:
    """The image as floats from 0 to 1, or a `ValueError`."""
    check_severity(severity)
    image = np.asarray(image)
    pixels = image / 255 if image.dtype == np.uint8 else image
    is_float = np.issubdtype(pixels.dtype, np.floating)
    if image.ndim != 3 or not image.size or not is_float or not ((pixels >= 0) & (pixels <= 1)).all():
        raise ValueError(
            "`image` must have shape (height, width, channels), and be uint8 or floats from 0 to 1. "
            f"Received: image.dtype={image.dtype}, image.shape={image.shape}"
        )
    return pixels


def _restore_dtype(pixels: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Pixels clipped to 0 to 1, in the dtype of the image."""
    pixels = np.clip(pixels, 0, 1)
    image = np.asarray(image)
    return np.rint(pixels * 255).astype(np.uint8) if image.dtype == np.uint8 else pixels.astype(image.dtype)

"""Pictures with noise, blurred, covered, cluttered.

Each is a function of a picture `(height, width, channels)`, of 0 to 255 in bytes or of 0 to 1 in floats; of a
dose from 0 to 1; and of a seed. Regions stay in their places, so maps before and after compare as they are.
"""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from .perturbation import Perturbation, Perturbed, check_severity


def image_noise(image: np.ndarray, severity: float, seed: int) -> Perturbed:
    """Gaussian noise on every channel; its deviation is half of the dose, white being 1.

    Raises:
        ValueError: where the picture or the dose is none.

    Example:
        >>> noisy = image_noise(np.full((4, 4, 3), 128, np.uint8), 0.2, seed=0).example
        >>> noisy.shape, noisy.dtype.name
        ((4, 4, 3), 'uint8')

    Reference: Hendrycks and Dietterich 2019, Benchmarking Neural Network Robustness.
    """
    pixels = _pixels(image, severity)
    noise = np.random.default_rng(seed).normal(size=pixels.shape)
    return Perturbed(_as(image, pixels + 0.5 * severity * noise))


def blur(image: np.ndarray, severity: float, seed: int = 0) -> Perturbed:
    """A Gaussian blur; its deviation is a tenth of the shorter side times the dose. Nothing is drawn.

    Raises:
        ValueError: where the picture or the dose is none.

    Example:
        >>> float(blur(np.eye(20)[..., None], 1.0).example[10, 10, 0].round(2))
        0.14

    Reference: Hendrycks and Dietterich 2019.
    """
    pixels = _pixels(image, severity)
    deviation = 0.1 * severity * min(pixels.shape[:2])
    return Perturbed(_as(image, ndimage.gaussian_filter(pixels, deviation, axes=(0, 1), mode="nearest")))


def occlusion(image: np.ndarray, severity: float, seed: int) -> Perturbed:
    """A grey rectangle in the proportions of the picture; the dose is the share of it that is covered.

    Raises:
        ValueError: where the picture or the dose is none.

    Example:
        >>> int((occlusion(np.zeros((10, 10, 1)), 0.25, seed=0).example == 0.5).sum())
        25

    Reference: Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks, on occlusion.
    """
    pixels = _pixels(image, severity).copy()
    pixels[_rectangle(pixels.shape, severity, np.random.default_rng(seed))] = 0.5
    return Perturbed(_as(image, pixels))


def clutter(pool: Sequence[np.ndarray]) -> Perturbation:
    """A perturbation that puts four pieces of other pictures onto a picture.

    Args:
        pool: pictures, of any size; each piece is cut from one of them, repeated where it is too small.

    Returns:
        A function of a picture, a dose and a seed. Each piece covers a quarter of the dose, as a share of
        the picture; they may overlap.

    Raises:
        ValueError: where the pool is empty; the function: where a picture or the dose is none.

    Example:
        >>> cluttered = clutter([np.ones((2, 2, 3))])(np.zeros((10, 10, 3)), 0.4, seed=0).example
        >>> bool(0 < cluttered.mean() <= 0.4)
        True
    """
    if not len(pool):
        raise ValueError("Expected a pool of pictures. Received: none.")

    def perturb(image: np.ndarray, severity: float, seed: int) -> Perturbed:
        pixels = _pixels(image, severity).copy()
        rng = np.random.default_rng(seed)
        for _ in range(4):
            place = _rectangle(pixels.shape, severity / 4, rng)
            height, width = (side.stop - side.start for side in place)
            other = _pixels(pool[int(rng.integers(len(pool)))], severity)
            tiles = [-(-side // own) + 1 for side, own in zip((height, width), other.shape[:2], strict=True)]
            top, left = rng.integers(other.shape[:2])
            pixels[place] = np.tile(other, (*tiles, 1))[top : top + height, left : left + width]
        return Perturbed(_as(image, pixels))

    return perturb


def _rectangle(shape: tuple, share: float, rng: np.random.Generator) -> tuple[slice, slice]:
    """Somewhere within a picture, in its proportions."""
    drawn = rng.random(2)  # whatever the share, so that a larger one lies around a smaller
    sides = [round(side * share**0.5) for side in shape[:2]]
    starts = [
        round(float(at) * (whole - side)) for at, whole, side in zip(drawn, shape[:2], sides, strict=True)
    ]
    return tuple(slice(start, start + side) for start, side in zip(starts, sides, strict=True))  # type: ignore


def _pixels(image: np.ndarray, severity: float) -> np.ndarray:
    """From 0 to 1, if picture and dose are what they must be."""
    check_severity(severity)
    image = np.asarray(image)
    pixels = image / 255 if image.dtype == np.uint8 else image
    floats = np.issubdtype(pixels.dtype, np.floating)
    if image.ndim != 3 or not image.size or not floats or not ((pixels >= 0) & (pixels <= 1)).all():
        raise ValueError(
            "Expected a picture (height, width, channels), of bytes or of floats from 0 to 1. "
            f"Received: {image.dtype} {image.shape}."
        )
    return pixels


def _as(image: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """In the type of the picture, cut to what it can hold."""
    pixels = np.clip(pixels, 0, 1)
    image = np.asarray(image)
    return np.rint(pixels * 255).astype(np.uint8) if image.dtype == np.uint8 else pixels.astype(image.dtype)

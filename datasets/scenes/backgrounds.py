"""Cluttered backgrounds: a muted gradient with soft blobs, thin lines and noise."""

import numpy as np
import numpy.typing as npt

from .scene_objects import IMAGE_SIZE
from .sprites import pixel_coverage

Array = npt.NDArray[np.floating]

AXIS = np.arange(IMAGE_SIZE, dtype=np.float32)
ROWS, COLUMNS = AXIS[:, None], AXIS[None]


def sample_background(generator: np.random.Generator) -> Array:
    """Sample a background that is less saturated than any object.

    Returns:
        float32 `(3, IMAGE_SIZE, IMAGE_SIZE)`, 0 to 255.
    """
    start, end = sample_muted_colour(generator), sample_muted_colour(generator)
    canvas = start + _sample_gradient(generator) * (end - start)
    for _ in range(generator.integers(2, 7)):
        _blend(canvas, _sample_blob(generator), sample_muted_colour(generator), 0.65)
    for _ in range(generator.integers(2, 8)):
        _blend(canvas, _sample_line(generator), sample_muted_colour(generator), 0.6)
    noise = generator.standard_normal((IMAGE_SIZE, IMAGE_SIZE), np.float32)
    canvas += noise * uniform_float32(generator, 1, 6)
    return np.clip(canvas, 0, 255, out=canvas)


def sample_muted_colour(generator: np.random.Generator) -> Array:
    """Sample a greyish colour `(3, 1, 1)` of medium or high lightness."""
    return (generator.uniform(110, 215) + generator.uniform(-22, 22, (3, 1, 1))).astype(np.float32)


def uniform_float32(generator: np.random.Generator, low: float, high: float) -> np.float32:
    """Sample a float32 uniformly from an interval."""
    return np.float32(generator.uniform(low, high))


def _blend(canvas: Array, coverage: Array, colour: Array, opacity: float) -> None:
    """Blend a colour into the covered pixels of a canvas, in place."""
    canvas += opacity * coverage * (colour - canvas)


def _sample_gradient(generator: np.random.Generator) -> Array:
    """Sample a linear gradient `(IMAGE_SIZE, IMAGE_SIZE)` from 0 to 1 across the image."""
    angle = uniform_float32(generator, 0, 2 * np.pi)
    position = (
        (COLUMNS - IMAGE_SIZE / 2) * np.cos(angle) + (ROWS - IMAGE_SIZE / 2) * np.sin(angle)
    ) / IMAGE_SIZE
    return np.clip(position / 1.4 + 0.5, 0, 1)


def _sample_blob(generator: np.random.Generator) -> Array:
    """Sample a soft ellipse, as the coverage of each pixel."""
    row, column = uniform_float32(generator, 0, IMAGE_SIZE), uniform_float32(generator, 0, IMAGE_SIZE)
    height, width = uniform_float32(generator, 8, 40), uniform_float32(generator, 8, 40)
    return np.exp(-(((ROWS - row) / height) ** 2)) * np.exp(-(((COLUMNS - column) / width) ** 2))


def _sample_line(generator: np.random.Generator) -> Array:
    """Sample a thin line across the image, as the coverage of each pixel."""
    angle, row, column = (uniform_float32(generator, 0, high) for high in (np.pi, IMAGE_SIZE, IMAGE_SIZE))
    distance = abs((COLUMNS - column) * np.sin(angle) - (ROWS - row) * np.cos(angle))
    return pixel_coverage(distance - uniform_float32(generator, 0.2, 1.0))

"""Cluttered backgrounds: a muted gradient with soft blobs, thin lines and noise on it."""

import numpy as np

from .scene_objects import IMAGE_SIZE
from .sprites import pixel_coverage

AXIS = np.arange(IMAGE_SIZE, dtype=np.float32)
ROWS, COLUMNS = AXIS[:, None], AXIS[None]


def sample_background(generator: np.random.Generator) -> np.ndarray:
    """Draws one: `(3, IMAGE_SIZE, IMAGE_SIZE)`, float32, 0 to 255, greyer than any object."""
    first, second = sample_muted_colour(generator), sample_muted_colour(generator)
    canvas = first + _slope(generator) * (second - first)
    for _ in range(generator.integers(2, 7)):
        _mark(canvas, _blob(generator), sample_muted_colour(generator), 0.65)
    for _ in range(generator.integers(2, 8)):
        _mark(canvas, _line(generator), sample_muted_colour(generator), 0.6)
    canvas += generator.standard_normal((IMAGE_SIZE, IMAGE_SIZE), np.float32) * uniform_float32(
        generator, 1, 6
    )
    return np.clip(canvas, 0, 255, out=canvas)


def sample_muted_colour(generator: np.random.Generator) -> np.ndarray:
    """A greyish colour of middle or high lightness, `(3, 1, 1)`."""
    return (generator.uniform(110, 215) + generator.uniform(-22, 22, (3, 1, 1))).astype(np.float32)


def uniform_float32(generator: np.random.Generator, low: float, high: float) -> np.float32:
    return np.float32(generator.uniform(low, high))


def _mark(canvas: np.ndarray, share: np.ndarray, colour: np.ndarray, strength: float) -> None:
    canvas += strength * share * (colour - canvas)


def _slope(generator: np.random.Generator) -> np.ndarray:
    """Rises from 0 to 1 across the picture."""
    angle = uniform_float32(generator, 0, 2 * np.pi)
    along = (
        (COLUMNS - IMAGE_SIZE / 2) * np.cos(angle) + (ROWS - IMAGE_SIZE / 2) * np.sin(angle)
    ) / IMAGE_SIZE
    return np.clip(along / 1.4 + 0.5, 0, 1)


def _blob(generator: np.random.Generator) -> np.ndarray:
    """A soft ellipse: how much of each pixel it takes."""
    row, column = uniform_float32(generator, 0, IMAGE_SIZE), uniform_float32(generator, 0, IMAGE_SIZE)
    height, width = uniform_float32(generator, 8, 40), uniform_float32(generator, 8, 40)
    return np.exp(-(((ROWS - row) / height) ** 2)) * np.exp(-(((COLUMNS - column) / width) ** 2))


def _line(generator: np.random.Generator) -> np.ndarray:
    """A thin line across the picture."""
    angle, row, column = (uniform_float32(generator, 0, top) for top in (np.pi, IMAGE_SIZE, IMAGE_SIZE))
    away = abs((COLUMNS - column) * np.sin(angle) - (ROWS - row) * np.cos(angle))
    return pixel_coverage(away - uniform_float32(generator, 0.2, 1.0))

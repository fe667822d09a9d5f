"""Cluttered backgrounds: a muted gradient with soft blobs, thin lines and noise on it."""

import numpy as np

from .items import SIDE
from .sprites import covered

AXIS = np.arange(SIDE, dtype=np.float32)
ROWS, COLUMNS = AXIS[:, None], AXIS[None]


def background(generator: np.random.Generator) -> np.ndarray:
    """Draws one: `(3, SIDE, SIDE)`, float32, 0 to 255, greyer than any object."""
    first, second = muted(generator), muted(generator)
    canvas = first + _slope(generator) * (second - first)
    for _ in range(generator.integers(2, 7)):
        _mark(canvas, _blob(generator), muted(generator), 0.65)
    for _ in range(generator.integers(2, 8)):
        _mark(canvas, _line(generator), muted(generator), 0.6)
    canvas += generator.standard_normal((SIDE, SIDE), np.float32) * number(generator, 1, 6)
    return np.clip(canvas, 0, 255, out=canvas)


def muted(generator: np.random.Generator) -> np.ndarray:
    """A greyish colour of middle or high lightness, `(3, 1, 1)`."""
    return (generator.uniform(110, 215) + generator.uniform(-22, 22, (3, 1, 1))).astype(np.float32)


def number(generator: np.random.Generator, low: float, high: float) -> np.float32:
    return np.float32(generator.uniform(low, high))


def _mark(canvas: np.ndarray, share: np.ndarray, colour: np.ndarray, strength: float) -> None:
    canvas += strength * share * (colour - canvas)


def _slope(generator: np.random.Generator) -> np.ndarray:
    """Rises from 0 to 1 across the picture."""
    angle = number(generator, 0, 2 * np.pi)
    along = ((COLUMNS - SIDE / 2) * np.cos(angle) + (ROWS - SIDE / 2) * np.sin(angle)) / SIDE
    return np.clip(along / 1.4 + 0.5, 0, 1)


def _blob(generator: np.random.Generator) -> np.ndarray:
    """A soft ellipse: how much of each pixel it takes."""
    row, column = number(generator, 0, SIDE), number(generator, 0, SIDE)
    height, width = number(generator, 8, 40), number(generator, 8, 40)
    return np.exp(-(((ROWS - row) / height) ** 2)) * np.exp(-(((COLUMNS - column) / width) ** 2))


def _line(generator: np.random.Generator) -> np.ndarray:
    """A thin line across the picture."""
    angle, row, column = (number(generator, 0, top) for top in (np.pi, SIDE, SIDE))
    away = abs((COLUMNS - column) * np.sin(angle) - (ROWS - row) * np.cos(angle))
    return covered(away - number(generator, 0.2, 1.0))

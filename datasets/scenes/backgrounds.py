"""Cluttered backgrounds: a muted gradient with soft blobs, thin lines and noise on it."""

import numpy as np

from .items import SIDE
from .sprites import covered

AXIS = np.arange(SIDE, dtype=float)
ROWS, COLUMNS = AXIS[:, None], AXIS[None]


def background(generator: np.random.Generator) -> np.ndarray:
    """Draws one: `(SIDE, SIDE, 3)`, 0 to 255, greyer than any object."""
    ends = np.stack([muted(generator), muted(generator)])
    slope = _slope(generator)
    marks = [_blob(generator) for _ in range(generator.integers(2, 7))]
    marks += [_line(generator) for _ in range(generator.integers(2, 8))]
    colours = np.array([muted(generator) for _ in marks]) - ends.mean(0)
    layers = np.stack([1 - slope, slope, *marks]).reshape(len(marks) + 2, SIDE * SIDE)
    canvas = (np.concatenate([ends, 0.6 * colours]).T @ layers).T.reshape(SIDE, SIDE, 3)
    grain = generator.normal(size=(SIDE, SIDE, 1)) * generator.uniform(1, 6)
    return np.clip(canvas + grain, 0, 255)


def muted(generator: np.random.Generator) -> np.ndarray:
    """A greyish colour of middle or high lightness."""
    return generator.uniform(110, 215) + generator.uniform(-22, 22, 3)


def _slope(generator: np.random.Generator) -> np.ndarray:
    """Rises from 0 to 1 across the picture."""
    angle = generator.uniform(0, 2 * np.pi)
    along = ((COLUMNS - SIDE / 2) * np.cos(angle) + (ROWS - SIDE / 2) * np.sin(angle)) / SIDE
    return np.clip(along / 1.4 + 0.5, 0, 1)


def _blob(generator: np.random.Generator) -> np.ndarray:
    """A soft ellipse: how much of each pixel it takes."""
    (row, column), (height, width) = generator.uniform(0, SIDE, 2), generator.uniform(8, 40, 2)
    return np.exp(-(((ROWS - row) / height) ** 2)) * np.exp(-(((COLUMNS - column) / width) ** 2))


def _line(generator: np.random.Generator) -> np.ndarray:
    """A thin line across the picture."""
    angle, (row, column) = generator.uniform(0, np.pi), generator.uniform(0, SIDE, 2)
    away = abs((COLUMNS - column) * np.sin(angle) - (ROWS - row) * np.cos(angle))
    return covered(away - generator.uniform(0.2, 1.0))

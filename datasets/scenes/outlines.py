"""Shapes as signed distances: negative inside, positive outside, zero on the edge.

Sampled from a distance field a shape turns and grows without jagged edges, and its outline and
shadow come for free: they are the same field at another level.
"""

from functools import cache

import numpy as np

CELLS, REACH = 160, 1.6  # cells of a field's side; what it spans, in half sides of the shape's box


def polygon(x, y, corners) -> np.ndarray:
    """The distance of points to a closed polygon, whose corners are (x, y) in order."""
    corners = np.asarray(corners, float)
    squared = np.full(np.shape(x), np.inf)
    inside = np.zeros(np.shape(x), bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, 0), strict=True):
        along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2)
        along = np.clip(along, 0, 1)
        across = (x - x0 - along * (x1 - x0)) ** 2 + (y - y0 - along * (y1 - y0)) ** 2
        squared = np.minimum(squared, across)
        if y0 != y1:
            crosses = (y0 > y) != (y1 > y)
            inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return np.where(inside, -1, 1) * np.sqrt(squared)


def disc(x, y, radius=1.0, left=0.0, top=0.0) -> np.ndarray:
    return np.hypot(x - left, y - top) - radius


def regular(x, y, corners: int, inner: float = 1.0) -> np.ndarray:
    """A regular polygon with a corner on top; with `inner` below 1 a star of twice the corners."""
    radii = [1.0, inner] if inner < 1 else [1.0]
    angles = np.arange(corners * len(radii)) * 2 * np.pi / (corners * len(radii))
    radius = np.tile(radii, corners)
    return polygon(x, y, np.stack([radius * np.sin(angles), -radius * np.cos(angles)], 1))


def flower(x, y) -> np.ndarray:
    angles = np.arange(5) * 2 * np.pi / 5
    petals = [disc(x, y, 0.42, 0.62 * np.sin(a), -0.62 * np.cos(a)) for a in angles]
    return np.minimum.reduce([*petals, disc(x, y, 0.5)])


def heart(x, y) -> np.ndarray:
    t = np.arange(80) * 2 * np.pi / 80
    rows = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return polygon(x, y, np.stack([16 * np.sin(t) ** 3, -rows], 1) / 16)


def crescent(x, y) -> np.ndarray:
    return np.maximum(disc(x, y), -disc(x, y, 0.84, 0.48, -0.1))


def cross(x, y) -> np.ndarray:
    arms = [np.maximum(abs(x) - long, abs(y) - short) for long, short in ((1, 0.32), (0.32, 1))]
    return np.minimum(*arms)


ARROW = [(-1, -0.3), (0.05, -0.3), (0.05, -0.85), (1, 0), (0.05, 0.85), (0.05, 0.3), (-1, 0.3)]
OUTLINES = {
    "circle": disc,
    "square": lambda x, y: np.maximum(abs(x), abs(y)) - 1,
    "triangle": lambda x, y: regular(x, y, 3),
    "star": lambda x, y: regular(x, y, 5, 0.45) - 0.03,
    "heart": heart,
    "ring": lambda x, y: abs(disc(x, y, 0.74)) - 0.26,
    "cross": lambda x, y: cross(x, y) - 0.04,
    "hexagon": lambda x, y: regular(x, y, 6),
    "crescent": crescent,
    "arrow": lambda x, y: polygon(x, y, ARROW) - 0.03,
    "flower": flower,
    "diamond": lambda x, y: polygon(x, y, [(0, -1), (0.72, 0), (0, 1), (-0.72, 0)]),
}


@cache
def field(shape: str) -> np.ndarray:
    """The signed distance `(CELLS, CELLS)`, scaled so that the shape's box has a longer side of 2
    and its centre in the middle."""
    axis = np.linspace(-REACH, REACH, CELLS)
    x, y = np.meshgrid(axis, axis)
    rough = OUTLINES[shape](x, y) <= 0
    columns, rows = axis[rough.any(0)], axis[rough.any(1)]
    half = max(columns[-1] - columns[0], rows[-1] - rows[0]) / 2
    middle = (columns[-1] + columns[0]) / 2, (rows[-1] + rows[0]) / 2
    exact = OUTLINES[shape](x * half + middle[0], y * half + middle[1]) / half
    return exact.astype(np.float32)


def distance(shape: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The signed distance of points, in half sides of the shape's box, between the field's cells."""
    columns, rows = ((np.clip(v / REACH, -0.999, 0.999) + 1) * (CELLS - 1) / 2 for v in (x, y))
    left, top = columns.astype(int), rows.astype(int)
    right, down = columns - left, rows - top
    cells, place = field(shape).ravel(), top * CELLS + left
    upper = cells.take(place) * (1 - right) + cells.take(place + 1) * right
    lower = cells.take(place + CELLS) * (1 - right) + cells.take(place + CELLS + 1) * right
    return upper * (1 - down) + lower * down
